// A table of fields and their types, nested as the API nests them, and one walk over it. Fields
// that stateward never reads are not listed: what the API server thinks of them is its own affair.
// As long as the table.

#include "engine/shape.h"

#include <fmt/format.h>

#include <limits>
#include <optional>
#include <span>

#include "engine/crowding.h"

namespace stateward {
namespace {

enum class Shape {
  text,
  integer,  // of 32 bits, as most numbers of the API are
  long_integer,
  boolean,
  quantity,
  int_or_text,
  text_map,
  quantity_map,
  text_list,
  object,
  object_list
};

struct Field;

// Those of an object, with a set of their marks: most members that are none of them are told apart
// by one look at it.
class Fields {
 public:
  constexpr Fields() = default;
  template <std::size_t Count>
  constexpr Fields(const Field (&all)[Count]);

  const Field* find(const Member& member) const;

 private:
  static constexpr std::uint64_t bit_of(std::uint32_t mark) {
    return std::uint64_t{1} << ((mark ^ mark >> 25U) & 63U);
  }

  std::span<const Field> all_;
  std::uint64_t marks_ = 0;
};

struct Field {
  std::string_view name;
  Shape shape = Shape::text;
  Fields fields = {};  // of an object, or of each object in a list
  std::uint32_t mark = Member::mark_of(name);
};

template <std::size_t Count>
constexpr Fields::Fields(const Field (&all)[Count]) : all_(all) {
  for (const Field& field : all) marks_ |= bit_of(field.mark);
}

const Field* Fields::find(const Member& member) const {
  const std::uint32_t mark = member.mark();
  if ((marks_ & bit_of(mark)) == 0) return nullptr;
  for (const Field& field : all_) {
    if (member.is(field.name, field.mark)) return &field;
  }
  return nullptr;
}

constexpr Field kOwner[] = {
    {"apiVersion"}, {"kind"}, {"name"}, {"uid"}, {"controller", Shape::boolean}};
constexpr Field kMetadata[] = {
    {"name"},
    {"generateName"},
    {"namespace"},
    {"deletionTimestamp"},
    {"labels", Shape::text_map},
    {"annotations", Shape::text_map},
    {"finalizers", Shape::text_list},
    {"ownerReferences", Shape::object_list, kOwner},
};
constexpr Field kExpression[] = {{"key"}, {"operator"}, {"values", Shape::text_list}};
constexpr Field kSelector[] = {{"matchLabels", Shape::text_map},
                               {"matchExpressions", Shape::object_list, kExpression}};

constexpr Field kHeader[] = {{"name"}, {"value"}};
constexpr Field kHttpGet[] = {{"path"},
                              {"port", Shape::int_or_text},
                              {"host"},
                              {"scheme"},
                              {"httpHeaders", Shape::object_list, kHeader}};
constexpr Field kTcpSocket[] = {{"port", Shape::int_or_text}, {"host"}};
constexpr Field kGrpc[] = {{"port", Shape::integer}, {"service"}};
constexpr Field kExec[] = {{"command", Shape::text_list}};
constexpr Field kProbe[] = {
    {"httpGet", Shape::object, kHttpGet},    {"tcpSocket", Shape::object, kTcpSocket},
    {"grpc", Shape::object, kGrpc},          {"exec", Shape::object, kExec},
    {"initialDelaySeconds", Shape::integer}, {"periodSeconds", Shape::integer},
    {"timeoutSeconds", Shape::integer},      {"successThreshold", Shape::integer},
    {"failureThreshold", Shape::integer},    {"terminationGracePeriodSeconds", Shape::long_integer},
};

constexpr Field kContainerPort[] = {
    {"name"}, {"containerPort", Shape::integer}, {"hostPort", Shape::integer}, {"protocol"}};
constexpr Field kMount[] = {
    {"name"}, {"mountPath"}, {"subPath"}, {"subPathExpr"}, {"readOnly", Shape::boolean}};
constexpr Field kDevice[] = {{"name"}, {"devicePath"}};
constexpr Field kEnv[] = {{"name"}, {"value"}};
constexpr Field kRequests[] = {{"requests", Shape::quantity_map}, {"limits", Shape::quantity_map}};
constexpr Field kContainer[] = {
    {"name"},
    {"image"},
    {"command", Shape::text_list},
    {"args", Shape::text_list},
    {"restartPolicy"},
    {"env", Shape::object_list, kEnv},
    {"ports", Shape::object_list, kContainerPort},
    {"resources", Shape::object, kRequests},
    {"volumeMounts", Shape::object_list, kMount},
    {"volumeDevices", Shape::object_list, kDevice},
    {"readinessProbe", Shape::object, kProbe},
    {"livenessProbe", Shape::object, kProbe},
    {"startupProbe", Shape::object, kProbe},
};

constexpr Field kTerm[] = {{"labelSelector", Shape::object, kSelector},
                           {"topologyKey"},
                           {"matchLabelKeys", Shape::text_list}};
constexpr Field kWeighted[] = {{"weight", Shape::integer},
                               {"podAffinityTerm", Shape::object, kTerm}};
constexpr Field kPodAffinity[] = {
    {"requiredDuringSchedulingIgnoredDuringExecution", Shape::object_list, kTerm},
    {"preferredDuringSchedulingIgnoredDuringExecution", Shape::object_list, kWeighted}};
constexpr Field kAffinity[] = {{"podAffinity", Shape::object, kPodAffinity},
                               {"podAntiAffinity", Shape::object, kPodAffinity}};
constexpr Field kSpread[] = {{"maxSkew", Shape::integer},
                             {"topologyKey"},
                             {"whenUnsatisfiable"},
                             {"labelSelector", Shape::object, kSelector},
                             {"matchLabelKeys", Shape::text_list}};
constexpr Field kClaimSource[] = {{"claimName"}, {"readOnly", Shape::boolean}};
constexpr Field kVolume[] = {{"name"}, {"persistentVolumeClaim", Shape::object, kClaimSource}};
constexpr Field kPodSpec[] = {
    {"containers", Shape::object_list, kContainer},
    {"initContainers", Shape::object_list, kContainer},
    {"ephemeralContainers", Shape::object_list, kContainer},
    {"volumes", Shape::object_list, kVolume},
    {"affinity", Shape::object, kAffinity},
    {"topologySpreadConstraints", Shape::object_list, kSpread},
    {"restartPolicy"},
    {"terminationGracePeriodSeconds", Shape::long_integer},
    {"activeDeadlineSeconds", Shape::long_integer},
    {"nodeName"},
    {"nodeSelector", Shape::text_map},
    {"hostname"},
    {"subdomain"},
    {"hostnameOverride"},
    {"setHostnameAsFQDN", Shape::boolean},
    {"hostNetwork", Shape::boolean},
    {"dnsPolicy"},
};
constexpr Field kTemplate[] = {{"metadata", Shape::object, kMetadata},
                               {"spec", Shape::object, kPodSpec}};

constexpr Field kDataSource[] = {{"apiGroup"}, {"kind"}, {"name"}};
constexpr Field kClaimSpec[] = {
    {"accessModes", Shape::text_list},
    {"resources", Shape::object, kRequests},
    {"storageClassName"},
    {"volumeMode"},
    {"volumeName"},
    {"volumeAttributesClassName"},
    {"selector", Shape::object, kSelector},
    {"dataSource", Shape::object, kDataSource},
    {"dataSourceRef", Shape::object, kDataSource},
};
constexpr Field kClaim[] = {{"metadata", Shape::object, kMetadata},
                            {"spec", Shape::object, kClaimSpec}};

constexpr Field kRolling[] = {{"partition", Shape::integer},
                              {"maxUnavailable", Shape::int_or_text},
                              {"maxSurge", Shape::int_or_text}};
constexpr Field kStrategy[] = {{"type"}, {"rollingUpdate", Shape::object, kRolling}};
constexpr Field kOrdinals[] = {{"start", Shape::integer}};
constexpr Field kRetention[] = {{"whenScaled"}, {"whenDeleted"}};
constexpr Field kWorkloadSpec[] = {
    {"replicas", Shape::integer},
    {"selector", Shape::object, kSelector},
    {"serviceName"},
    {"podManagementPolicy"},
    {"minReadySeconds", Shape::integer},
    {"revisionHistoryLimit", Shape::integer},
    {"updateStrategy", Shape::object, kStrategy},
    {"strategy", Shape::object, kStrategy},
    {"ordinals", Shape::object, kOrdinals},
    {"persistentVolumeClaimRetentionPolicy", Shape::object, kRetention},
    {"template", Shape::object, kTemplate},
    {"volumeClaimTemplates", Shape::object_list, kClaim},
};
constexpr Field kWorkloadStatus[] = {{"readyReplicas", Shape::integer},
                                     {"updatedReplicas", Shape::integer},
                                     {"currentRevision"},
                                     {"updateRevision"}};
constexpr Field kWorkload[] = {{"metadata", Shape::object, kMetadata},
                               {"spec", Shape::object, kWorkloadSpec},
                               {"status", Shape::object, kWorkloadStatus}};

// Its selector is a plain map of labels.
constexpr Field kControllerSpec[] = {{"replicas", Shape::integer},
                                     {"selector", Shape::text_map},
                                     {"template", Shape::object, kTemplate}};
constexpr Field kController[] = {{"metadata", Shape::object, kMetadata},
                                 {"spec", Shape::object, kControllerSpec}};

constexpr Field kJobSpec[] = {{"template", Shape::object, kTemplate}};
constexpr Field kJob[] = {{"metadata", Shape::object, kMetadata},
                          {"spec", Shape::object, kJobSpec}};
constexpr Field kJobTemplate[] = {{"spec", Shape::object, kJobSpec}};
constexpr Field kCronJobSpec[] = {{"schedule"}, {"jobTemplate", Shape::object, kJobTemplate}};
constexpr Field kCronJob[] = {{"metadata", Shape::object, kMetadata},
                              {"spec", Shape::object, kCronJobSpec}};
constexpr Field kPod[] = {{"metadata", Shape::object, kMetadata},
                          {"spec", Shape::object, kPodSpec}};

constexpr Field kServicePort[] = {{"name"},
                                  {"port", Shape::integer},
                                  {"targetPort", Shape::int_or_text},
                                  {"nodePort", Shape::integer},
                                  {"protocol"}};
constexpr Field kServiceSpec[] = {{"type"},
                                  {"clusterIP"},
                                  {"externalName"},
                                  {"selector", Shape::text_map},
                                  {"ports", Shape::object_list, kServicePort},
                                  {"publishNotReadyAddresses", Shape::boolean}};
constexpr Field kService[] = {{"metadata", Shape::object, kMetadata},
                              {"spec", Shape::object, kServiceSpec}};

constexpr Field kBudgetSpec[] = {{"selector", Shape::object, kSelector},
                                 {"minAvailable", Shape::int_or_text},
                                 {"maxUnavailable", Shape::int_or_text},
                                 {"unhealthyPodEvictionPolicy"}};
constexpr Field kBudget[] = {{"metadata", Shape::object, kMetadata},
                             {"spec", Shape::object, kBudgetSpec}};

constexpr Field kTarget[] = {{"apiVersion"}, {"kind"}, {"name"}};
constexpr Field kScalerSpec[] = {{"scaleTargetRef", Shape::object, kTarget},
                                 {"minReplicas", Shape::integer},
                                 {"maxReplicas", Shape::integer},
                                 {"maxReplicaCount", Shape::integer}};
constexpr Field kScaler[] = {{"metadata", Shape::object, kMetadata},
                             {"spec", Shape::object, kScalerSpec}};

constexpr Field kScaleSpec[] = {{"replicas", Shape::integer}};
constexpr Field kScale[] = {{"metadata", Shape::object, kMetadata},
                            {"spec", Shape::object, kScaleSpec}};

constexpr Field kTaint[] = {{"key"}, {"value"}, {"effect"}};
constexpr Field kNodeSpec[] = {{"taints", Shape::object_list, kTaint}};
constexpr Field kNode[] = {{"metadata", Shape::object, kMetadata},
                           {"spec", Shape::object, kNodeSpec}};

Fields fields_of(Kind kind) {
  switch (kind) {
    case Kind::stateful_set:
    case Kind::deployment:
    case Kind::replica_set:
    case Kind::daemon_set:
      return kWorkload;
    case Kind::replication_controller:
      return kController;
    case Kind::job:
      return kJob;
    case Kind::cron_job:
      return kCronJob;
    case Kind::pod:
      return kPod;
    case Kind::claim:
      return kClaim;
    case Kind::service:
      return kService;
    case Kind::disruption_budget:
      return kBudget;
    case Kind::autoscaler:
      return kScaler;
    case Kind::scale:
      return kScale;
    case Kind::node:
      return kNode;
    case Kind::config_map:
    case Kind::secret:
    case Kind::volume:
    case Kind::storage_class:
    case Kind::name_space:
    case Kind::settings:  // has a schema of its own
    case Kind::other:
      return {};
  }
  return {};
}

std::string_view expected(Shape shape) {
  switch (shape) {
    case Shape::text:
      return "text";
    case Shape::integer:
    case Shape::long_integer:
      return "a whole number";
    case Shape::boolean:
      return "true or false";
    case Shape::quantity:
      return "a quantity";
    case Shape::int_or_text:
      return "a whole number or text";
    case Shape::text_map:
    case Shape::quantity_map:
    case Shape::object:
      return "a map";
    case Shape::text_list:
    case Shape::object_list:
      return "a list";
  }
  return "";
}

bool fits(Shape shape, Type type) {
  switch (shape) {
    case Shape::text:
      return type == Type::string;
    case Shape::integer:
    case Shape::long_integer:
      return type == Type::integer;
    case Shape::boolean:
      return type == Type::boolean;
    case Shape::quantity:
      return type == Type::string || type == Type::integer || type == Type::real;
    case Shape::int_or_text:
      return type == Type::string || type == Type::integer;
    case Shape::text_map:
    case Shape::quantity_map:
    case Shape::object:
      return type == Type::map;
    case Shape::text_list:
    case Shape::object_list:
      return type == Type::list;
  }
  return false;
}

// The decoder refuses a number that the field cannot hold as it refuses a wrong type.
bool in_range(Shape shape, Node node) {
  if (!node.is_integer() || (shape != Shape::integer && shape != Shape::int_or_text)) return true;
  const std::int64_t number = node.integer(0);
  return number >= std::numeric_limits<std::int32_t>::min() &&
         number <= std::numeric_limits<std::int32_t>::max();
}

// Where the walk stands: a chain on the stack, written out as a Path only when there is something
// to say.
struct Place {
  const Place* outer = nullptr;
  std::string_view member;           // of a map
  std::optional<std::size_t> index;  // of a list

  Path path() const {
    if (outer == nullptr) return {};
    return index ? outer->path() / *index : outer->path() / member;
  }
};

class Walk {
 public:
  void object(Node node, const Place& place, const Fields& fields) {
    if (!node.is_map()) return;
    for (const Member& member : std::span(node.value()->members, node.value()->size)) {
      if (const Field* field = fields.find(member)) {
        value(Node(&member.value), {.outer = &place, .member = field->name}, field->shape,
              field->fields);
      }
    }
  }

  std::vector<Misshape> found;

 private:
  void value(Node node, const Place& place, Shape shape, const Fields& fields) {
    if (!node.exists()) return;
    if (!fits(shape, node.type())) return report(place, shape, node.type());
    if (!in_range(shape, node)) {
      found.push_back({place.path(), fmt::format("expected a whole number of 32 bits, found {}",
                                                 node.integer(0))});
      return;
    }
    switch (shape) {
      case Shape::object:
        return object(node, place, fields);
      case Shape::object_list:
        return entries(node, place, Shape::object, fields);
      case Shape::text_list:
        return entries(node, place, Shape::text, {});
      case Shape::text_map:
        return members(node, place, Shape::text);
      case Shape::quantity_map:
        return members(node, place, Shape::quantity);
      default:
        return;
    }
  }

  void entries(Node list, const Place& place, Shape shape, const Fields& fields) {
    std::size_t index = 0;
    for (const Node entry : list.items())
      value(entry, {.outer = &place, .index = index++}, shape, fields);
  }

  void members(Node map, const Place& place, Shape shape) {
    for (const auto& [key, member] : map.members())
      value(member, {.outer = &place, .member = key}, shape, {});
  }

  void report(const Place& place, Shape shape, Type type) {
    const bool quote = shape == Shape::text &&
                       (type == Type::integer || type == Type::real || type == Type::boolean);
    found.push_back({place.path(), fmt::format("expected {}, found {}{}", expected(shape),
                                               describe(type), quote ? "; quote it" : "")});
  }
};

}  // namespace

std::vector<Misshape> misshapes(const Object& object) {
  Walk walk;
  walk.object(object.node, {}, fields_of(object.kind));
  if (!walk.found.empty()) return std::move(walk.found);
  if (auto crowded = crowding(object)) walk.found.push_back({"/spec", std::move(*crowded)});
  return std::move(walk.found);
}

}  // namespace stateward
