"""Rules 20 and 23 with a client that is not ours and is made like the API server's: Go's net/http with client-go's settings."""
import json, shutil, sys, tempfile
from target import *

HERE = os.path.dirname(os.path.abspath(__file__))


class Client:
    def __init__(self, program, work, targets, *arguments):
        self.endpoints = f"{work}/endpoints"
        self.tell(targets)
        self.process = subprocess.Popen([program, "-ca", f"{work}/tls/ca.crt", "-review", f"{HERE}/../reviews/002-create-statefulsets-by-admin.json",
                                         "-endpoints", self.endpoints, *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def tell(self, targets):
        with open(self.endpoints + ".new", "w") as file:
            file.writelines(f"127.0.0.1:{target.port} 127.0.0.1:{target.health_port}\n" for target in targets)
        os.replace(self.endpoints + ".new", self.endpoints)

    def end(self):
        return json.loads(self.process.communicate()[0])


def after(told, target):
    return told["by"].get(f"127.0.0.1:{target.port}", 0)


def rollout(program, work):
    """One replica goes while another comes, and then the same again at the first one's address."""
    old = Target(work)
    # One authority for all: those that come later show the same certificate.
    client = Client(program, work, [old], "-workers", "24", "-pause", "20ms")
    time.sleep(1)
    new = Target(work, fresh=False)
    client.tell([old, new])
    time.sleep(1)
    began = time.monotonic()
    old.process.send_signal(signal.SIGTERM)
    code = old.process.wait(60)
    took = time.monotonic() - began
    again = Target(work, fresh=False, listen=f"127.0.0.1:{old.port}")
    client.tell([new, again])
    time.sleep(1)
    new.process.send_signal(signal.SIGTERM)
    second = new.process.wait(60)
    time.sleep(0.5)
    told = client.end()
    print(f"# {told['requests']} requests, {told['dialled']} connections, {told['told']} replies that end one, {told['again']} to come again; the old one went in {took:.1f} s")
    check("rule 23: a client made like the API server's loses no request while replicas come and go", not told["failed"] and told["requests"] > 1000, told)
    check("rule 23: who goes is gone within 30 s, in order", code == 0 and second == 0 and took < 30, (code, second, took))
    judged = sum(float(line.split()[-1]) for line in again.health("/metrics")[1].splitlines() if line.startswith(b"stateward_admission_requests_total"))
    check("rule 23: whoever comes has his share, at a new address and at one that was another's", after(told, new) > 100 and judged > 100, (told["by"], judged))
    check("rule 23: who goes sends its clients elsewhere", told["told"] >= 24, told)
    check("rule 25: such a client speaks HTTP/1.1, by ALPN, over TLS 1.3", list(told["protocols"]) == ['HTTP/1.1 over TLS 1.3, ALPN "http/1.1"'], told["protocols"])
    check("rule 24: the server is the same as before", again.serves() and again.stop() == 0)


def idleness(program, work):
    """Connections that are idle for up to 95 s; the client closes after 90."""
    target = Target(work)
    client = Client(program, work, [target], "-workers", "100", "-pause", "95s")
    time.sleep(110)
    told = client.end()
    print(f"# {told['requests']} requests with pauses of up to 95 s, {told['reused']} over a connection that was there")
    check("rule 20: a client made like the API server's never meets a connection that has just been closed", not told["failed"] and told["reused"] > 300, told)
    check("rule 24: the server is the same as before", target.serves() and target.stop() == 0)


with tempfile.TemporaryDirectory() as work:
    if not shutil.which("go"):
        print("skip a client made like the API server's: Go is not installed")
        sys.exit()
    built = subprocess.run(["go", "build", "-o", f"{work}/client", "."], cwd=f"{HERE}/client", capture_output=True, text=True,
                           env={**os.environ, "CGO_ENABLED": "0", "GOTOOLCHAIN": "local", "GOFLAGS": "-mod=mod"})
    if built.returncode != 0:
        print(f"skip a client made like the API server's: {built.stderr.strip().splitlines()[-1]}")
        sys.exit()
    (idleness if "idle" in sys.argv else rollout)(f"{work}/client", work)
