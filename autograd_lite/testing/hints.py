"""What a student is told: a hint for each kind of fault, never the answer."""

from __future__ import annotations

# Words of a failure, or of its probable cause, and what a student is told; the first that fits is taken.
HINTS = (
    ("raises: arguments",
     "It stops with an error here: does it take the same inputs and settings, in this order?"),
    ("raises: shapes", "Shapes clash here: write down the shape of each array, one step after the other."),
    ("raises:", "It stops with an error here: call it by hand, and read what the error says."),
    ("unearned", "Counts once a gradient is right."),
    ("returns None", "No gradient comes back: is there a rule for it, and does it return its result?"),
    ("gradients for|returns ndarray", "The backward must return a tuple: one gradient for each input."),
    ("returns shape", "The gradient has a wrong shape: compare it with that of its input."),
    ("contract", "The gradient is not of the input's kind: look at its dtype."),
    ("value: none", "Nothing comes back: does the forward return its result?"),
    ("value: kind", "What comes back is no array of real numbers: look at its dtype."),
    ("value: shape", "The value has a wrong shape: which axes must be left?"),
    ("no value", "Your forward has no finite value here, so its gradient cannot be marked: mend it first."),
    ("writes", "Something it was given is changed on the way: look for += and for other writing into it."),
    ("state", "A second call gives another result: is anything kept from an earlier call, or random?"),
    ("linear", "Send twice as much gradient in: does twice as much come out? And with the sign changed?"),
    ("layout", "Try it on a transposed view of the same numbers, and with one array for two inputs."),
    ("float32: returns", "float32 goes in and something else comes out: which number or array is float64?"),
    ("float32", "Right in float64, not in float32: look for a step that cancels or overflows."),
    ("noisy", "Your forward is too rough to have a derivative: is anything rounded, or random?"),
    ("subgradient", "Equal entries share one gradient: what do their shares add up to?"),
    ("second", "Right at first order: is a part of the rule a constant that should depend on an input?"),
    ("tensors", "It does something else on tensors than on arrays: use NumPy functions and operators."),
    ("NaN", "Not a finite number: look for a division by zero, or an overflow on the way."),
    ("constant|zero where", "It is zero: does the output really not depend on this input?"),
    ("swapped", "Which input is this rule for? Change one input alone, by hand, and watch the output."),
    ("sign|absolute", "Check the sign: does the output grow or fall when this input grows?"),
    ("twice|half", "Off by a constant factor: count how often the input is used, and with what before it."),
    ("broadcast", "Off where an input is repeated: count how many outputs each input entry reaches."),
    ("length|the size of|the number of|n - 1",
     "Something is off by a length: count how many outputs each input entry reaches."),
    ("relative error", "Almost right: is anything rounded, or added to be safe?"),
    ("times the", "Off by a constant factor: where does it come from?"),
    ("transposed|places|reverse", "Right numbers, wrong places: follow one entry to the outputs it reaches."),
    ("summed|averaged|shared", "Entries get mixed that should not: look at each sum or mean, and its axis."),
    ("a factor", "A factor is missing or too many: write down the chain rule, one link after the other."),
    ("a term", "A part of a sum is missing or too many: by how many ways does the input reach the output?"),
    ("in place of", "The rule is given both the input and the output: which of the two is meant?"),
    ("must be", "Look again at the powers and roots in the rule."),
    (" with ", "It depends on a setting: try each value of the settings by hand."),
)  # fmt: skip


def hint_of(fault: str, otherwise: str) -> str:
    """The hint for a fault; a setting that is missing is named, which gives nothing away."""
    if fault.startswith("lacks: "):
        return f"The setting {fault.removeprefix('lacks: ')} is not taken: add it, and its default."
    return next((hint for words, hint in HINTS if any(w in fault for w in words.split("|"))), otherwise)


def raised(name: str, message: str) -> str:
    """The kind of an error, by its type and words: arguments that do not fit, shapes that clash, another."""
    if name == "TypeError" and "argument" in message:
        return "raises: arguments"
    clash = any(word in message for word in ("shape", "broadcast", "dimension", "axis", "axes", "size"))
    return "raises: shapes" if clash and name in ("ValueError", "IndexError", "AxisError") else "raises:"
