"""What reviews from anybody change outside: nothing. Threats a, v and w, beside an API server that counts what it is asked."""
import http.server, json, random, tempfile
from target import *

REVIEWS = [json.load(open(os.path.join(os.path.dirname(__file__), "../reviews", name)))
           for name in sorted(os.listdir(os.path.join(os.path.dirname(__file__), "../reviews"))) if name.endswith(".json")]
DOORS = ["/validate", "/mutate", "/validate/observe", "/validate/guard"]


class Cluster(http.server.ThreadingHTTPServer):
    """An API server without objects; it remembers who asked for what."""
    daemon_threads = True

    def __init__(self):
        self.asked = []
        super().__init__(("127.0.0.1", 0), Asked)
        threading.Thread(target=self.serve_forever, daemon=True).start()


class Asked(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self):
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.server.asked.append((self.command, self.path))
        path, _, query = self.path.partition("?")
        if "watch=true" in query:
            self.send_response(200); self.send_header("Transfer-Encoding", "chunked"); self.end_headers()
            return time.sleep(600)
        status, body = 200, {"kind": "List", "apiVersion": "v1", "metadata": {"resourceVersion": "1"}, "items": []}
        if path == "/version":
            body = {"major": "1", "minor": "36", "gitVersion": "v1.36.0"}
        elif path.startswith("/api/v1/namespaces/"):
            status, body = 404, {"kind": "Status", "apiVersion": "v1", "code": 404, "reason": "NotFound"}
        text = json.dumps(body).encode()
        self.send_response(status); self.send_header("Content-Length", str(len(text))); self.end_headers(); self.wfile.write(text)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = answer

    def log_message(self, *_):
        pass


def kubeconfig(work, port):
    name = f"{work}/kubeconfig"
    json.dump({"apiVersion": "v1", "kind": "Config", "current-context": "c", "clusters": [{"name": "c", "cluster": {"server": f"http://127.0.0.1:{port}"}}],
               "users": [{"name": "u", "user": {}}], "contexts": [{"name": "c", "context": {"cluster": "c", "user": "u"}}]}, open(name, "w"))
    return name


def texts(node, rng, say):
    """The same with some of its texts said otherwise."""
    if isinstance(node, dict):
        return {key: value if key in ("apiVersion", "kind", "operation", "uid", "group", "version", "resource") else texts(value, rng, say) for key, value in node.items()}
    if isinstance(node, list):
        return [texts(value, rng, say) for value in node]
    return say(node) if isinstance(node, str) and rng.random() < 0.5 else node


def post_all(target, count, say):
    """`count` reviews by four threads, each over one connection; what was not status 200, 400 or 503"""
    odd = []

    def client(seed):
        rng = random.Random(seed)
        made = None
        for i in range(count // 4):
            body = json.dumps(texts(rng.choice(REVIEWS), rng, lambda text: say(rng, text))).encode()
            try:
                made = made or target.tls()
                made.sendall(post(body, DOORS[i % 4])); status, head, _ = hear(made)
            except OSError as error:
                status, head = repr(error), b""
            if status not in (200, 400, 503):
                odd.append((status, body[:300]))
            if b"\r\nConnection: close" in head or not head:
                made = None

    threads = [threading.Thread(target=client, args=(seed,)) for seed in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return odd


def series(target):
    return {line.rpartition(b" ")[0] for line in target.health("/metrics")[1].splitlines() if line and not line.startswith(b"#")}


def peers(target):
    """Who else our process is connected to: (address, port), without those who came to us"""
    mine = set()
    for name in os.listdir(f"/proc/{target.process.pid}/fd"):
        try:
            found = re.match(r"socket:\[(\d+)\]", os.readlink(f"/proc/{target.process.pid}/fd/{name}"))
        except OSError:
            continue
        mine |= {found[1]} if found else set()
    all_of = set()
    for table in ("tcp", "tcp6", "udp", "udp6"):
        for line in open(f"/proc/net/{table}").readlines()[1:]:
            fields = line.split()
            ours = int(fields[1].split(":")[1], 16) in (target.port, target.health_port)
            if fields[9] in mine and not ours:
                all_of.add((table, int(fields[2].split(":")[1], 16)))
    return all_of


def files(target):
    found = set()
    for name in os.listdir(f"/proc/{target.process.pid}/fd"):
        try:
            found.add(os.readlink(f"/proc/{target.process.pid}/fd/{name}"))
        except OSError:
            pass
    return {name for name in found if not name.startswith(("socket:", "pipe:", "anon_inode:"))}


def main(work):
    cluster = Cluster()
    reading, writing = os.pipe()
    threading.Thread(target=lambda: [None for _ in iter(lambda: os.read(reading, 65536), b"")], daemon=True).start()
    # Whoever writes to a file is ended by the first byte.
    target = Target(work, "--kubeconfig", kubeconfig(work, cluster.server_address[1]), stderr=writing, prefix=("prlimit", "--fsize=0"))
    for _ in range(100):
        if b"[+]watches ok" in target.health("/readyz?verbose")[1]:
            break
        time.sleep(0.1)
    check("threat a: the cluster is watched", b"[+]watches ok" in target.health("/readyz?verbose")[1], target.health("/readyz?verbose"))
    told = [target.ask(json.dumps(review).encode(), door)[2] for review in REVIEWS for door in DOORS]
    before, opened, begun = series(target), files(target), len(cluster.asked)
    forged = ["", "kube-system", "stateward-authority", "../../secrets", "{{.}}", "$(id)", "; rm -rf /", "system:masters", "a" * 300, "\x00\n\u2028", "%s%n"]
    odd = post_all(target, 10_000, lambda rng, text: rng.choice(forged) if rng.random() < 0.5 else text + rng.choice(forged))
    check("threat a: 10,000 forged reviews are answered", not odd, odd[:3])
    asked = cluster.asked[begun:]
    check("threat a: none of them writes to the cluster", {method for method, _ in cluster.asked} == {"GET"}, [a for a in cluster.asked if a[0] != "GET"])
    check("threat a: nor asks it anything", {path.partition("?")[0] for _, path in asked} <= {path.partition("?")[0] for _, path in cluster.asked[:begun]} and len(asked) < 100, asked[:5])
    check("threat a: nor opens or writes a file", target.alive() and files(target) == opened, files(target) ^ opened)
    check("threat a: nor changes an answer", told == [target.ask(json.dumps(review).encode(), door)[2] for review in REVIEWS for door in DOORS])
    odd = post_all(target, 4_000, lambda rng, text: f"n{rng.randrange(1 << 40)}")
    check("threat v: thousands of names add no series to the metrics", not odd and before and series(target) == before, list(series(target) ^ before)[:5])
    with socket.create_server(("127.0.0.1", 0)) as canary:
        canary.setblocking(False)
        port = canary.getsockname()[1]
        urls = [f"http://127.0.0.1:{port}/x", f"https://127.0.0.1:{port}", f"127.0.0.1:{port}/image:1", f"//127.0.0.1:{port}", f"file:///proc/self/environ", f"localhost:{port}"]
        found = set()

        def look():
            found.update(peers(target)); time.sleep(0.01)

        with meanwhile(look):
            odd = post_all(target, 2_000, lambda rng, text: rng.choice(urls))
        try:
            called = canary.accept()
        except BlockingIOError:
            called = None
    check("threat w: nobody is called whose address an object names", not odd and called is None, (odd[:3], called))
    check("threat w: and we are connected to the API server alone", found == {("tcp", cluster.server_address[1])}, found)
    check("rule 24: the server is the same as before", target.serves() and target.stop() == 0)


with tempfile.TemporaryDirectory() as work:
    main(work)
