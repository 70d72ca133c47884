"""The command `mnist_sgd` in forks of one process that has imported already what takes long.

What a fork runs is the command, in the folder, in the environment and with the files that it is given, and what it
prints and how it ends is seen as that of any process. How it starts, and what signals do to it, other tests show.
"""
import json, os, subprocess, sys, tempfile
from pathlib import Path

def become(words, cwd, env, files):
    "Be the process `mnist_sgd WORDS`; `files` are stdin, stdout and stderr"
    for i, name in enumerate(files): os.dup2(os.open(name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC if i else 0), i)
    sys.stdin, sys.argv = os.fdopen(0, encoding='utf-8'), ['mnist_sgd', *words]
    os.environ.clear()
    os.environ.update(env)
    os.chdir(cwd)
    from mnist_sgd.cli import main
    try: status = main()
    except SystemExit as e: status = e.code
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status or 0)  # without clearing away PyTorch

def serve():
    "For each line of standard input, what `become` needs: a fork that does it; print how it ended"
    import mnist_sgd.checkpoint, mnist_sgd.cli, mnist_sgd.reader, mnist_sgd.story
    for line in sys.stdin:
        if not (child := os.fork()): become(*json.loads(line))
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)

class Server:
    "Runs the command as `subprocess.run` does: in forks on Linux, elsewhere in a process of its own"
    def __init__(self, **env):
        self.env = os.environ | env
        paths = str(Path(__file__).parent), self.env.get('PYTHONPATH', '')
        self.process = sys.platform == 'linux' and subprocess.Popen(
            [sys.executable, '-c', 'import forks; forks.serve()'], text=True, bufsize=1, stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, env=self.env | dict(PYTHONPATH=os.pathsep.join(paths)))

    def run(self, *words, cwd, env=(), input=None):
        "Input and output are bytes, or texts if there is no input"
        words, env = [str(o) for o in words], self.env | dict(env)
        if not self.process:
            return subprocess.run([sys.executable, '-m', 'mnist_sgd', *words], capture_output=True, cwd=cwd, env=env,
                                  input=input, text=input is None, timeout=300)
        with tempfile.TemporaryDirectory() as folder:
            files = [Path(folder)/name for name in ('in', 'out', 'err')]
            files[0].write_bytes(input or b'')
            self.process.stdin.write(json.dumps([words, str(cwd), env, [str(o) for o in files]]) + '\n')
            status = int(self.process.stdout.readline())
            out, err = (o.read_text(encoding='utf-8') if input is None else o.read_bytes() for o in files[1:])
        return subprocess.CompletedProcess(words, status, out, err)

    def close(self):
        if self.process: self.process.communicate()
