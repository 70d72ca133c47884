"""The command `mnist_sgd` in forks of one process that has imported already what takes long.

What a fork runs is the command, in the folder, in the environment and with the files that it is given, and what it
prints and how it ends is seen as that of any process. How it starts, and what signals do to it, other tests show.
"""
import json, os, socket, subprocess, sys, tempfile
from pathlib import Path

def become(words, cwd, env, whole, files):
    "Be the process `mnist_sgd WORDS`; `files` are stdin, stdout and stderr. `whole`: end as Python does, not at once"
    for i, file in enumerate(files): os.dup2(file, i)
    os.closerange(3, max(files) + 1)
    os.environ.clear()
    os.environ.update(env)
    os.chdir(cwd)
    encoding = env.get('PYTHONIOENCODING', 'utf-8')
    sys.stdin, sys.stdout = os.fdopen(0, encoding=encoding), os.fdopen(1, 'w', encoding=encoding)
    sys.stderr = os.fdopen(2, 'w', buffering=1, encoding=encoding, errors='backslashreplace')
    sys.argv = ['mnist_sgd', *words]
    from mnist_sgd.cli import main
    try: status = main()
    except SystemExit as e: status = e.code
    if whole: sys.exit(status)
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status or 0)  # without clearing away PyTorch

def ended(pid):
    "Wait for a child; its exit status, and its peak of memory in KB"
    _, status, usage = os.wait4(pid, 0)
    return os.waitstatus_to_exitcode(status), usage.ru_maxrss//(1024 if sys.platform == 'darwin' else 1)

def serve(fd):
    "For each request at the socket `fd`: a fork that does what `become` needs, or how a fork has ended"
    import mnist_sgd.checkpoint, mnist_sgd.cli, mnist_sgd.distributed, mnist_sgd.pictures, mnist_sgd.reader
    import mnist_sgd.story, mnist_sgd.workbook
    s = socket.socket(fileno=fd)
    while size := (received := socket.recv_fds(s, 8, 3))[0]:
        request, files = json.loads(s.recv(int.from_bytes(size, 'big'), socket.MSG_WAITALL)), received[1]
        if not files: answer = ended(request)
        elif not (answer := os.fork()):
            s.close()
            become(*request, files)
        for file in files: os.close(file)
        s.sendall(json.dumps(answer).encode() + b'\n')

class Started:
    "A process, and a function that waits for its end"
    def __init__(self, pid, ended): self.pid, self.ended = pid, ended

    def wait(self):
        self.returncode, self.peak = self.ended(self.pid)
        return self.returncode

class Server:
    "Starts the command as `subprocess` does: in forks on Linux, elsewhere in a process of its own"
    def __init__(self, **env):
        self.env, self.process = os.environ | env, None
        if sys.platform != 'linux': return
        here = Path(__file__).parent
        paths = str(here), self.env.get('PYTHONPATH', '')
        self.socket, theirs = socket.socketpair()
        self.answers = self.socket.makefile()
        with theirs:
            self.process = subprocess.Popen(
                [sys.executable, '-c', 'import forks, sys; forks.serve(int(sys.argv[1]))', str(theirs.fileno())],
                env=self.env | dict(PYTHONPATH=os.pathsep.join(paths)), pass_fds=[theirs.fileno()], cwd=here)

    def ask(self, request, files=()):
        body = json.dumps(request).encode()
        socket.send_fds(self.socket, [len(body).to_bytes(8, 'big')], files)
        self.socket.sendall(body)
        return json.loads(self.answers.readline())

    def start(self, *words, cwd, stdout, stderr, stdin=None, env=(), whole=True):
        "The command with these files, as a process that goes on by itself"
        words, env = [str(o) for o in words], self.env | dict(env)
        with open(os.devnull) as nothing:
            files = [o if isinstance(o, int) else o.fileno() for o in (stdin or nothing, stdout, stderr)]
            if self.process: return Started(self.ask([words, str(cwd), env, whole], files), self.ask)
            process = subprocess.Popen([sys.executable, '-m', 'mnist_sgd', *words], cwd=cwd, env=env, stdin=files[0],
                                       stdout=files[1], stderr=files[2])
        return Started(process.pid, ended if hasattr(os, 'wait4') else lambda pid: (process.wait(), None))

    def run(self, *words, cwd, env=(), input=None):
        "Input and output are bytes, or texts if there is no input"
        with tempfile.TemporaryFile() as stdin, tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
            stdin.write(input or b'')
            for o in (stdin, out, err): o.seek(0)
            done = self.start(*words, cwd=cwd, env=env, stdin=stdin, stdout=out, stderr=err, whole=False)
            done.wait()
            for o in (out, err): o.seek(0)
            done.stdout, done.stderr = (o.read() if input is not None else o.read().decode() for o in (out, err))
        return done

    def close(self):
        if not self.process: return
        self.answers.close()
        self.socket.close()
        self.process.wait()
