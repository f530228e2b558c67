{{/* The NotIn and In of every namespaceSelector of ours. */}}
{{- define "stateward.namespaces" -}}
- key: kubernetes.io/metadata.name
  operator: NotIn
  values: [kube-system, kube-node-lease, kube-public, {{ .Release.Namespace }}]
{{- with .Values.namespaces }}
- {key: kubernetes.io/metadata.name, operator: In, values: {{ toJson . }}}
{{- end }}
{{- end }}

{{/* A grant of the given ClusterRole to the given account: cluster-wide, or in each chosen namespace. */}}
{{- define "stateward.grant" -}}
{{- $given := . }}
{{- range $namespace := (.root.Values.namespaces | default (list "")) }}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: {{ if $namespace }}RoleBinding{{ else }}ClusterRoleBinding{{ end }}
metadata:
  name: {{ $given.name }}
  {{- with $namespace }}
  namespace: {{ . }}
  {{- end }}
  labels: {app.kubernetes.io/name: stateward}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: {{ $given.role }}}
subjects:
  - {kind: ServiceAccount, name: {{ $given.account }}, namespace: {{ $given.root.Release.Namespace }}}
{{- end }}
{{- end }}

{{/* One container's requests and limits. */}}
{{- define "stateward.resources" -}}
requests: {cpu: {{ .cpu | quote }}, memory: {{ .memory | quote }}}
limits: {memory: {{ .memory | quote }}}
{{- end }}
