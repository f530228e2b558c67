"""A stateward that serves, and connections to it that say exactly what an attack wants to say."""
import os, re, signal, socket, ssl, subprocess, threading, time
from contextlib import contextmanager

STATEWARD = os.environ["STATEWARD"]
REVIEW = open(os.path.join(os.path.dirname(__file__), "../reviews/002-create-statefulsets-by-admin.json"), "rb").read()


def check(name, passed, seen=""):
    """One line that test.sh counts."""
    if not passed:
        print(f"--- {seen!r:.2000}\n---")
    print(f"{'ok' if passed else 'not ok'} {name}", flush=True)


class Target:
    def __init__(self, work, *arguments, stderr=None, prefix=(), listen="127.0.0.1:0", fresh=True):
        """`fresh`: with an authority of its own, and not the last one's"""
        if fresh:
            run = subprocess.run([STATEWARD, "certs", "make", "--name", "localhost", "--name", "127.0.0.1", "--out", f"{work}/tls", "--force"],
                                 capture_output=True)
            assert run.returncode == 0, run.stderr
        self.log_name = f"{work}/serve.log"
        log = stderr or open(self.log_name, "wb")
        self.process = subprocess.Popen(
            [*prefix, STATEWARD, "serve", "--listen", listen, "--health-listen", "127.0.0.1:0", "--tls-cert", f"{work}/tls/tls.crt",
             "--tls-key", f"{work}/tls/tls.key", *arguments], stderr=log, stdin=subprocess.DEVNULL)
        self.context = ssl.create_default_context(cafile=f"{work}/tls/ca.crt")
        self.port, self.health_port = self._ports()

    def _ports(self):
        ports = {}
        for _ in range(200):
            for line in open("/proc/net/tcp").readlines()[1:]:
                fields = line.split()
                if fields[3] == "0A":
                    ports[fields[9]] = int(fields[1].split(":")[1], 16)
            mine = []
            try:
                for name in os.listdir(f"/proc/{self.process.pid}/fd"):
                    try:
                        found = re.match(r"socket:\[(\d+)\]", os.readlink(f"/proc/{self.process.pid}/fd/{name}"))
                    except OSError:
                        continue
                    if found and found[1] in ports:
                        mine.append((int(name), ports[found[1]]))
            except OSError:
                pass
            if len(mine) == 2:
                mine.sort()  # admission is listened to first
                return mine[0][1], mine[1][1]
            time.sleep(0.05)
        raise SystemExit(f"not ok stateward serves\n{open(self.log_name).read()}")

    def log(self):
        return open(self.log_name, "rb").read()

    def alive(self):
        return self.process.poll() is None

    def resident(self, which="VmRSS"):
        """MiB"""
        for line in open(f"/proc/{self.process.pid}/status"):
            if line.startswith(which):
                return int(line.split()[1]) / 1024

    def highest(self):
        """MiB that were resident at most"""
        return self.resident("VmHWM")

    def processor(self):
        """seconds of it that were used"""
        fields = open(f"/proc/{self.process.pid}/stat").read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def stop(self, how=signal.SIGINT):
        if self.alive():
            self.process.send_signal(how)
        return self.process.wait(60)

    def plain(self, port=None, timeout=20):
        made = socket.create_connection(("127.0.0.1", port or self.port), timeout)
        made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return made

    def tls(self, timeout=20):
        return self.context.wrap_socket(self.plain(timeout=timeout), server_hostname="localhost")

    def health(self, path):
        """status and text; (0, why) where there is no answer"""
        try:
            with self.plain(self.health_port, 5) as made:
                made.sendall(f"GET {path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n".encode())
                return split(hear_out(made))[0::2]
        except OSError as error:
            return 0, repr(error).encode()

    def ask(self, body=REVIEW, path="/validate", timeout=20):
        """status, head and body of one review over a connection of its own"""
        with self.tls(timeout) as made:
            made.sendall(post(body, path))
            return hear(made)

    def serves(self):
        try:
            return self.ask(timeout=5)[0] == 200
        except OSError:
            return False


def post(body, path="/validate", more=""):
    return (f"POST {path}?timeout=3s HTTP/1.1\r\nHost: webhook\r\nContent-Type: application/json\r\n"
            f"Content-Length: {len(body)}\r\n{more}\r\n").encode() + body


def announced(size, path="/validate"):
    return f"POST {path} HTTP/1.1\r\nHost: webhook\r\nContent-Type: application/json\r\nContent-Length: {size}\r\n\r\n".encode()


def split(reply):
    head, _, body = reply.partition(b"\r\n\r\n")
    return (int(head.split()[1]) if head.startswith(b"HTTP/1.1 ") else 0), head, body


def hear(made):
    """one reply: status, head, body"""
    heard = b""
    while b"\r\n\r\n" not in heard:
        more = made.recv(65536)
        if not more:
            return split(heard)
        heard += more
    found = re.search(rb"\r\nContent-Length: (\d+)", heard)
    size = heard.index(b"\r\n\r\n") + 4 + int(found[1])
    while len(heard) < size:
        more = made.recv(65536)
        if not more:
            break
        heard += more
    return split(heard[:size])


def hear_out(made):
    """all until the other side closes; b"(reset)" behind it where it did not close in order"""
    heard = b""
    try:
        while more := made.recv(65536):
            heard += more
    except (ConnectionResetError, BrokenPipeError, ssl.SSLError):
        heard += b"(reset)"
    return heard


@contextmanager
def meanwhile(*works):
    """Does each of `works` over and over, in threads, until the block ends."""
    over = threading.Event()

    def repeat(work):
        while not over.is_set():
            work()

    threads = [threading.Thread(target=repeat, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        over.set()
        for thread in threads:
            thread.join()
