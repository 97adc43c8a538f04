"""Compiled functions: state that changes after the first call, and what a program must not do."""

import random

from tests.battery.case import Case, Kind

DRAW = random.Random(7).random()


def stale(title: str, setup: str, factor: str, change: str, right: object = 6, **more: object) -> Case:
    """Return the case of a function x -> factor * x, which runs, and runs again after a change, at x = 3."""
    return Case(
        title,
        f"""
{setup.strip()}
f = jit(lambda x: ({factor}) * x)
f(array(3.0)), f(array(3.0))
{change.strip()}
f(array(3.0))
""",
        right,
        **more,
    )


CONFIG = """
class Config:
    __module__ = "settings"  # as if it came from another file
    beta = 1.0

cfg = Config()
"""

STATE = [
    stale("a global variable", "beta = 1.0", "beta", "beta = 2.0"),
    stale("an integer that decides a Python if", "mode = 1", "2.0 if mode == 2 else 1.0", "mode = 2"),
    stale("True and False", "training = True", "1.0 if training else 2.0", "training = False"),
    stale("an attribute of a plain object of another module", CONFIG, "cfg.beta", "cfg.beta = 2.0"),
    stale("an attribute of a class", CONFIG, "Config.beta", "Config.beta = 2.0"),
    stale("an attribute of a class, read from its object", CONFIG, "cfg.beta", "Config.beta = 2.0"),
    stale(
        "an attribute of the base class",
        CONFIG
        + """
class Special(Config):
    __module__ = "settings"

cfg = Special()
""",
        "cfg.beta",
        "Config.beta = 2.0",
    ),
    stale(
        "a dataclass",
        """
from dataclasses import dataclass

@dataclass
class Config:
    __module__ = "settings"
    beta: float

cfg = Config(1.0)
""",
        "cfg.beta",
        "cfg.beta = 2.0",
    ),
    stale(
        "a frozen dataclass that is replaced",
        """
from dataclasses import dataclass, replace

@dataclass(frozen=True)
class Config:
    __module__ = "settings"
    beta: float

cfg = Config(1.0)
""",
        "cfg.beta",
        "cfg = replace(cfg, beta=2.0)",
    ),
    stale("SimpleNamespace", "cfg = types.SimpleNamespace(beta=1.0)", "cfg.beta", "cfg.beta = 2.0"),
    stale("argparse.Namespace", "cfg = argparse.Namespace(beta=1.0)", "cfg.beta", "cfg.beta = 2.0"),
    stale(
        "an object with __slots__",
        """
class Config:
    __module__ = "settings"
    __slots__ = ("beta",)

cfg = Config()
cfg.beta = 1.0
""",
        "cfg.beta",
        "cfg.beta = 2.0",
    ),
    stale(
        "a variable of a module",
        "cfg = types.ModuleType('settings')\ncfg.beta = 1.0",
        "cfg.beta",
        "cfg.beta = 2.0",
    ),
    stale(
        "a variable of a module, through a function of that module",
        """
cfg = types.ModuleType('settings')
exec("beta = 1.0\\ndef get():\\n    return beta", cfg.__dict__)
""",
        "cfg.get()",
        "cfg.beta = 2.0",
    ),
    stale(
        "an object in an object: model.cfg.beta",
        "model = types.SimpleNamespace(cfg=types.SimpleNamespace(beta=1.0))",
        "model.cfg.beta",
        "model.cfg.beta = 2.0",
    ),
    stale(
        "an object in an object that is replaced",
        "model = types.SimpleNamespace(cfg=types.SimpleNamespace(beta=1.0))",
        "model.cfg.beta",
        "model.cfg = types.SimpleNamespace(beta=2.0)",
    ),
    stale(
        "a property",
        """
class Config:
    __module__ = "settings"
    half = 0.5

    @property
    def beta(self):
        return 2 * self.half

cfg = Config()
""",
        "cfg.beta",
        "cfg.half = 1.0",
    ),
    stale(
        "__getattr__",
        """
class Config:
    __module__ = "settings"

    def __init__(self):
        self.stored = {"beta": 1.0}

    def __getattr__(self, name):
        return self.stored[name]

cfg = Config()
""",
        "cfg.beta",
        "cfg.stored['beta'] = 2.0",
    ),
    stale("an entry of a dictionary", "cfg = {'beta': 1.0}", "cfg['beta']", "cfg['beta'] = 2.0"),
    stale(
        "an entry of a dictionary in a list",
        "cfg = [{'beta': 1.0}]",
        "cfg[0]['beta']",
        "cfg[0]['beta'] = 2.0",
    ),
    stale("an entry of a list", "cfg = [1.0]", "cfg[0]", "cfg[0] = 2.0"),
    stale("the length of a list", "cfg = [0]", "len(cfg)", "cfg.append(0)"),
    stale("a list in a tuple", "cfg = ([1.0],)", "cfg[0][0]", "cfg[0][0] = 2.0"),
    stale("a tuple that is replaced", "cfg = (1.0, 5.0)", "cfg[0]", "cfg = (2.0, 5.0)"),
    stale("a set", "cfg = {1.0}", "sum(cfg)", "cfg.add(1.5); cfg.remove(1.0); cfg.add(0.5)"),
    stale("a deque", "cfg = collections.deque([1.0])", "cfg[0]", "cfg.appendleft(2.0)"),
    stale("a defaultdict", "cfg = collections.defaultdict(lambda: 1.0)", "cfg['beta']", "cfg['beta'] = 2.0"),
    stale("a Counter", "cfg = collections.Counter('a')", "cfg['a']", "cfg['a'] += 1"),
    stale("a ChainMap", "cfg = collections.ChainMap({'beta': 1.0})", "cfg['beta']", "cfg['beta'] = 2.0"),
    stale("a bytearray", "cfg = bytearray([1])", "cfg[0]", "cfg[0] = 2"),
    stale(
        "a read-only view of a dictionary",
        "d = {'beta': 1.0}\ncfg = types.MappingProxyType(d)",
        "cfg['beta']",
        "d['beta'] = 2.0",
    ),
    stale(
        "an environment variable",
        "import os\nos.environ['BATTERY_BETA'] = '1.0'",
        "float(os.environ['BATTERY_BETA'])",
        "os.environ['BATTERY_BETA'] = '2.0'",
    ),
    stale(
        "the contents of a file",
        """
import os, tempfile
path = os.path.join(tempfile.mkdtemp(), "beta")
open(path, "w").write("1.0")
""",
        "float(open(path).read())",
        "open(path, 'w').write('2.0')",
    ),
    stale(
        "a context variable",
        "import contextvars\nbeta = contextvars.ContextVar('beta')\nbeta.set(1.0)",
        "beta.get()",
        "beta.set(2.0)",
    ),
    stale(
        "threading.local",
        "import threading\ncfg = threading.local()\ncfg.beta = 1.0",
        "cfg.beta",
        "cfg.beta = 2.0",
    ),
    stale(
        "a helper function that reads a global variable",
        """
beta = 1.0

def helper():
    return beta
""",
        "helper()",
        "beta = 2.0",
    ),
    stale(
        "a helper method that reads a global variable",
        """
beta = 1.0

class Helper:
    def get(self):
        return beta

helper = Helper()
""",
        "helper.get()",
        "beta = 2.0",
    ),
    stale(
        "a helper function that is replaced",
        "def helper():\n    return 1.0",
        "helper()",
        "def helper():\n    return 2.0",
    ),
    stale(
        "a method that is replaced on its class",
        """
class Helper:
    def get(self):
        return 1.0

helper = Helper()
""",
        "helper.get()",
        "Helper.get = lambda self: 2.0",
    ),
    stale(
        "a method that is replaced on its object",
        """
class Helper:
    def get(self):
        return 1.0

helper = Helper()
""",
        "helper.get()",
        "helper.get = lambda: 2.0",
    ),
    stale(
        "a class method that reads an attribute",
        """
class Config:
    beta = 1.0

    @classmethod
    def get(cls):
        return cls.beta
""",
        "Config.get()",
        "Config.beta = 2.0",
    ),
    stale(
        "an attribute of a function",
        "def helper():\n    return helper.beta\nhelper.beta = 1.0",
        "helper()",
        "helper.beta = 2.0",
    ),
    stale(
        "the default of an argument",
        "def helper(beta=1.0):\n    return beta",
        "helper()",
        "helper.__defaults__ = (2.0,)",
    ),
    stale(
        "a variable of an enclosing function",
        """
def make():
    beta = 1.0

    def put(value):
        nonlocal beta
        beta = value

    return (lambda: beta), put

get, put = make()
""",
        "get()",
        "put(2.0)",
    ),
    stale(
        "an argument of functools.partial",
        """
import functools
cfg = {'beta': 1.0}
get = functools.partial(lambda d: d['beta'], cfg)
""",
        "get()",
        "cfg['beta'] = 2.0",
    ),
    stale(
        "an object behind a weak reference",
        """
import weakref
class Config:
    beta = 1.0

cfg = Config()
ref = weakref.ref(cfg)
""",
        "ref().beta",
        "cfg.beta = 2.0",
    ),
    stale(
        "an array in an object, replaced",
        "cfg = types.SimpleNamespace(beta=array(1.0))",
        "cfg.beta",
        "cfg.beta = array(2.0)",
    ),
    stale(
        "an array in a dictionary, replaced",
        "cfg = {'beta': array(1.0)}",
        "cfg['beta']",
        "cfg['beta'] = array(2.0)",
    ),
    stale(
        "an array that is written into",
        "beta = numpy.array([1.0, 1.0])",
        "use(beta)",
        "beta[:] = 2.0",
        [6, 6],
    ),
    stale(
        "an array in an object of another module, written into",
        "cfg = types.SimpleNamespace(beta=numpy.array([1.0, 1.0]))",
        "use(cfg.beta)",
        "cfg.beta[:] = 2.0",
        [6, 6],
    ),
    stale("a large array that is refilled", "beta = numpy.ones(50000)", "use(beta).mean()", "beta[:] = 2.0"),
    stale("an iterator: the third number of it", "it = iter([1.0, 1.5, 2.0, 4.0, 5.0])", "next(it)", ""),
    stale(
        "a counter of the calls",
        """
count = 0

def helper():
    global count
    count += 1
    return float(count)
""",
        "helper()",
        "",
        9,
    ),
    stale(
        "a random number of Python",
        "import random\nrandom.seed(3)",
        "random.random()",
        "random.seed(7)",
        3 * DRAW,
    ),
    stale(
        "a coin flip in a Python if",
        "import random\nrandom.seed(3)",
        "1.0 if random.random() > 0.2 else 2.0",
        "random.seed(1)",
    ),
]

MODELS = [
    Case(
        "a Parameter that is swapped in an object",
        """
net = types.SimpleNamespace(w=ag.nn.Parameter([1.0]))
f = ag.compile(lambda x: (x * net.w).sum())
f(np.array([3.0])), f(np.array([3.0]))
net.w = ag.nn.Parameter([2.0])
f(np.array([3.0]))
""",
        6,
    ),
    Case(
        "a Parameter of a module gets new data",
        """
net = ag.nn.Linear(1, 1, bias=False)
net.W.data = np.array([[1.0]])
f = ag.compile(lambda x: net(x).sum())
f(np.array([[3.0]])), f(np.array([[3.0]]))
net.W.data = np.array([[2.0]])
f(np.array([[3.0]]))
""",
        6,
    ),
    Case(
        "the penalty's weight grows in a compiled training step",
        """
cfg = types.SimpleNamespace(decay=0.0)
w = ag.nn.Parameter([1.0], name="w")
step = ag.compile(lambda x: (w * x).sum() + cfg.decay * (w * w).sum(), optimizer=ag.optim.SGD([w], lr=0.1))
step(np.array([1.0]))
cfg.decay = 1.0
step(np.array([1.0]))
w
""",
        0.9 - 0.1 * (1 + 1.8),
    ),
    Case(
        "fit(compile=True): a callback changes what the loss reads",
        """
cfg = {"decay": 0.0}
w = ag.nn.Parameter([1.0], name="w")

def grow(epoch, logs):
    cfg["decay"] += 1.0

ag.fit(lambda X: X @ w, np.ones((2, 1)), np.ones(2),
       loss=lambda p, t: ag.mse(p, t) + cfg["decay"] * (w * w).sum(),
       optimizer=ag.optim.SGD([w], lr=0.1), epochs=2, callbacks=[grow], progress=False, compile=True)
w
""",
        0.8,
    ),
    Case(
        "the same with an object of another module",
        """
cfg = types.SimpleNamespace(decay=0.0)
w = ag.nn.Parameter([1.0], name="w")

def grow(epoch, logs):
    cfg.decay += 1.0

ag.fit(lambda X: X @ w, np.ones((2, 1)), np.ones(2),
       loss=lambda p, t: ag.mse(p, t) + cfg.decay * (w * w).sum(),
       optimizer=ag.optim.SGD([w], lr=0.1), epochs=2, callbacks=[grow], progress=False, compile=True)
w
""",
        0.8,
    ),
    Case(
        "the learning rate changes after the first compiled step",
        """
w = ag.nn.Parameter([1.0], name="w")
opt = ag.optim.SGD([w], lr=0.1)
step = ag.compile(lambda x: (w * x).sum(), optimizer=opt)
step(np.array([1.0]))
opt.lr = 0.5
step(np.array([1.0]))
w
""",
        0.4,
    ),
    Case(
        "a parameter is frozen after the first compiled step",
        """
w = ag.nn.Parameter([1.0], name="w")
b = ag.nn.Parameter([1.0], name="b")
step = ag.compile(lambda x: (w * x + b).sum(), optimizer=ag.optim.SGD([w, b], lr=0.1))
step(np.array([1.0]))
b.requires_grad = False
step(np.array([1.0]))
[w, b]
""",
        [0.8, 0.9],
    ),
    Case(
        "a compiled model in a loss with a penalty on its weights",
        """
net = ag.nn.Linear(1, 1, bias=False)
net.W.data = np.array([[2.0]])
fast = ag.compile(net)
loss = ag.mse(fast(np.array([[1.0]])), np.array([[0.0]])) + 0.5 * np.sum(net.W ** 2)
loss.backward()
net.W.grad
""",
        4 + 2,
    ),
    Case(
        "a compiled model in a loss",
        """
net = ag.nn.Linear(1, 1, bias=False)
net.W.data = np.array([[2.0]])
fast = ag.compile(net)
x = ag.Tensor([[1.0]])
ag.mse(fast(x), np.array([[0.0]])).backward()
net.W.grad
""",
        4,
    ),
    Case(
        "a compile that fails leaves a module as it was",
        """
class Net(ag.nn.Module):
    def __init__(self):
        self.w = ag.nn.Parameter([2.0])
        self.mean = 0.0

    def forward(self, x):
        h = x * self.w
        self.mean = 0.5 * self.mean + 0.5 * h.mean()
        return (h * h).sum()

net = Net()
with contextlib.suppress(Exception):
    ag.compile(net)(np.array([1.0]))
net(np.array([1.0]))
""",
        4,
    ),
    Case(
        "a module that keeps a running mean, compiled",
        """
class Net(ag.nn.Module):
    def __init__(self):
        self.w = ag.nn.Parameter([2.0])
        self.mean = 0.0

    def forward(self, x):
        self.mean = 0.5 * self.mean + 0.5 * float(np.mean(x))
        return (x * self.w).sum() - self.mean

fast = ag.compile(Net())
[fast(np.array([1.0])), fast(np.array([1.0]))]
""",
        [1.5, 1.25],
    ),
    Case(
        "the first result is not overwritten by the second call",
        """
f = ag.compile(lambda x: np.tanh(x) * 2)
a = f(np.array([0.0, 0.0]))
f(np.array([5.0, 5.0]))
a
""",
        [0, 0],
    ),
    Case(
        "the argument is written into after the call",
        """
f = ag.compile(lambda x: x.reshape(2))
x = np.array([[1.0, 2.0]])
a = f(x)
x[:] = 0
a
""",
        [1, 2],
    ),
    Case(
        "other shapes, then the first one again",
        """
f = ag.compile(lambda x: x.mean())
[f(np.ones(2)), f(np.arange(4.0)), f(np.ones(2)), f(np.ones(2, np.float32))]
""",
        [1, 1.5, 1, 1],
    ),
    Case(
        "an if on data takes the other branch at the second call",
        """
f = ag.compile(lambda x: x * 2 if x > 0 else x * 3)
[f(np.array(1.0)), f(np.array(-1.0))]
""",
        [2, -3],
    ),
    Case(
        "a loop whose length is data",
        """
def f(x):
    while x < 10:
        x = x * 2
    return x

fast = ag.compile(f)
[fast(np.array(3.0)), fast(np.array(1.0))]
""",
        [12, 16],
    ),
]

SOURCE = [
    Case(
        "an integer of a class of its own as an axis, whose repr is code",
        """
class Axis(int):
    def __repr__(self):
        return "[__import__('builtins').print.__self__, 0][1]"

f = ag.compile(lambda x: np.sum(x, axis=Axis(0)))
f(np.array([[1.0, 2.0], [3.0, 4.0]]))
""",
        [4, 6],
    ),
    Case(
        "an integer of a class of its own whose repr is another number",
        """
class Axis(int):
    def __repr__(self):
        return "1"

f = ag.compile(lambda x: np.sum(x, axis=Axis(0)))
f(np.array([[1.0, 2.0], [3.0, 4.0]]))
""",
        [4, 6],
    ),
    Case(
        "a float of a class of its own whose repr is another number",
        """
class Slope(float):
    def __repr__(self):
        return "99.0"

f = ag.compile(lambda x: x * Slope(0.5))
f(np.array([-2.0, 4.0]))
""",
        [-1, 2],
    ),
    Case(
        "an IntEnum as an axis",
        """
import enum

class Axis(enum.IntEnum):
    ROWS = 0

f = ag.compile(lambda x: np.sum(x, axis=Axis.ROWS))
f(np.array([[1.0, 2.0], [3.0, 4.0]]))
""",
        [4, 6],
    ),
    Case(
        "a StrEnum as reduction",
        """
import enum

class How(enum.StrEnum):
    SUM = "sum"

f = ag.compile(lambda x: ag.mse(x, np.zeros(2), reduction=How.SUM))
f(np.array([1.0, 2.0]))
""",
        5,
    ),
    Case(
        "np.str_ as reduction",
        """
f = ag.compile(lambda x: ag.mse(x, np.zeros(2), reduction=np.str_("sum")))
f(np.array([1.0, 2.0]))
""",
        5,
    ),
    Case(
        "np.int64 as an axis, np.bool as keepdims",
        """
f = ag.compile(lambda x: np.sum(x, axis=np.int64(0), keepdims=np.True_))
f(np.array([[1.0, 2.0], [3.0, 4.0]]))
""",
        [4, 6],
    ),
    Case(
        "a setting that is inf, one that is nan",
        """
f = ag.compile(lambda x: np.clip(x, -math.inf, math.inf).sum())
f(np.array([1.0, 2.0]))
""",
        3,
    ),
    Case(
        "a parameter whose name has a line break and a NUL",
        """
w = ag.nn.Parameter([2.0], name="w\\n\\0import os")
step = ag.compile(lambda x: (w * x).sum(), optimizer=ag.optim.SGD([w], lr=0.5))
step(np.array([1.0]))
w
""",
        1.5,
    ),
    Case(
        "a parameter whose name ends the docstring",
        """
w = ag.nn.Parameter([2.0], name='w\"\"\" + 1/0 + \"\"\"')
step = ag.compile(lambda x: (w * x).sum(), optimizer=ag.optim.SGD([w], lr=0.5))
step(np.array([1.0]))
w
""",
        1.5,
    ),
    Case(
        "np.shape(x) in a compiled function",
        """
f = ag.compile(lambda x: x.sum() / np.shape(x)[0])
f(np.array([1.0, 3.0]))
""",
        2,
    ),
    Case(
        "a nan of np.where, which the eager gradient reports",
        """
f = ag.compile(lambda x: np.where(x > 0, x, np.nan).sum())
f.value_and_grad(np.array([1.0, 2.0]))
f.value_and_grad(np.array([1.0, -1.0]))
""",
    ),
    Case(
        "log(-1) at the second call",
        """
f = ag.compile(lambda x: np.log(x).sum())
f.value_and_grad(np.array([1.0, 2.0]))
f.value_and_grad(np.array([1.0, -1.0]))[1]
""",
        [1, float("nan")],
        nan=True,
    ),
    Case(
        "a nan target at the second call of a step",
        """
w = ag.nn.Parameter([2.0], name="w")
step = ag.compile(lambda x, t: ag.mse(w * x, t), optimizer=ag.optim.SGD([w], lr=0.5))
step(np.array([1.0]), np.array([1.0]))
step(np.array([1.0]), np.array([np.nan]))
w
""",
    ),
    Case(
        "a class label that is too large at the second call",
        """
f = ag.compile(lambda z, y: ag.cross_entropy(z, y))
f(np.zeros((2, 3)), np.array([0, 1]))
f(np.zeros((2, 3)), np.array([0, 3]))
""",
    ),
    Case(
        "a label outside [0, 1] at the second call",
        """
f = ag.compile(lambda z, y: ag.bce_with_logits(z, y))
f(np.zeros(2), np.array([0.0, 1.0]))
f(np.zeros(2), np.array([0.0, 2.0]))
""",
    ),
    Case(
        "an index out of range at the second call",
        """
f = ag.compile(lambda x, i: x[i].sum())
f(np.arange(3.0), np.array([0, 1]))
f(np.arange(3.0), np.array([0, 3]))
""",
    ),
    Case(
        "the mean of a random draw in the function",
        """
rng = np.random.default_rng(0)
f = ag.compile(lambda x: x * rng.normal())
[f(np.array(1.0)), f(np.array(1.0))]
""",
        [0.12573022, -0.13210486],
    ),
]

KINDS = [
    Kind(
        "A compiled function reads something that changes",
        "The function runs twice as a compiled one, then what it reads changes, then it runs again. "
        "`jit` is `ag.compile`, `torch.compile` (without its code generator) and `jax.jit`. "
        "JAX asks for functions without state and does not check it.",
        STATE,
    ),
    Kind("Compiled models and training steps", "", MODELS),
    Kind(
        "Contents of a compiled program",
        "Settings and names that are not what they seem; data that are wrong at the second call.",
        SOURCE,
    ),
]
