"""Writes test cases in the format of the JMESPath project: random expressions over random documents, and
the results of the reference implementation for Python. Usage: jmespath_cases.py FILE [COUNT]"""

import json
import random
import re
import sys

import jmespath
from jmespath import exceptions

NAMES = ["a", "b", "c", "foo", "bar", '"x-y"', '"é"']
FUNCTIONS = {
    "abs": "n", "avg": "l", "ceil": "n", "contains": "lv", "ends_with": "ss", "floor": "n", "join": "st",
    "keys": "o", "length": "v", "map": "el", "max": "l", "max_by": "le", "merge": "oo", "min": "l",
    "min_by": "le", "not_null": "vv", "reverse": "l", "sort": "l", "sort_by": "le", "starts_with": "ss",
    "sum": "l", "to_array": "v", "to_number": "v", "to_string": "v", "type": "v", "values": "o",
}


class Writer:
    def __init__(self, seed):
        self.chance = random.Random(seed)

    def document(self, depth=0):
        kind = self.chance.randrange(9 if depth < 4 else 5)
        if kind == 0:
            return self.chance.choice([None, None, True, False])
        if kind == 1:
            return self.chance.choice([-7, 2, 3, 10, 2.5, -0.5])
        if kind <= 4:
            return self.chance.choice(["", "a", "foo", "é", "zz top", "10", "2.5", "[]"])
        if kind <= 6:
            return [self.document(depth + 1) for _ in range(self.chance.randrange(4))]
        names = ["a", "b", "c", "foo", "bar", "x-y", "é"]
        return {self.chance.choice(names): self.document(depth + 1) for _ in range(self.chance.randrange(1, 6))}

    def literal(self):
        if self.chance.random() < 0.3:
            return "'%s'" % self.chance.choice(["", "a", "foo", "it\\'s", "10"])
        text = json.dumps(self.document(depth=self.chance.choice([2, 4])), ensure_ascii=False)
        return "`%s`" % text

    def argument(self, kind, depth):
        if kind == "e":
            return "&" + self.expression(depth + 1)
        if self.chance.random() < 0.5:
            fits = {"n": "`-2.5`", "s": "'foo'", "l": "`[3, 2, 2.5]`", "t": "`[\"b\", \"a\"]`", "o": "`{\"a\": 3}`"}
            return fits.get(kind) or self.expression(depth + 1)
        return self.expression(depth + 1)

    def call(self, depth):
        name = self.chance.choice(list(FUNCTIONS))
        return "%s(%s)" % (name, ", ".join(self.argument(kind, depth) for kind in FUNCTIONS[name]))

    def suffix(self, depth):
        number = lambda: self.chance.choice(["", "0", "1", "2", "-1", "-2", "5", "-9"])
        return self.chance.choice([
            lambda: "." + self.chance.choice(NAMES), lambda: "." + self.chance.choice(NAMES),
            lambda: "[%s]" % (number() or "0"), lambda: "[*]", lambda: ".*", lambda: "[]",
            lambda: "[%s:%s]" % (number(), number()),
            lambda: "[%s:%s:%s]" % (number(), number(), self.chance.choice(["1", "-1", "2", "-3"])),
            lambda: "[?%s]" % self.expression(depth + 1),
            lambda: ".[%s]" % ", ".join(self.expression(depth + 1) for _ in range(self.chance.randrange(1, 3))),
            lambda: ".{a: %s, \"x-y\": %s}" % (self.expression(depth + 1), self.expression(depth + 1)),
            lambda: "." + self.call(depth),
        ])()

    def expression(self, depth=0):
        if depth > 3:
            return self.chance.choice(NAMES + ["@"])
        kind = self.chance.randrange(12)
        if kind == 0:
            return "(%s)" % self.expression(depth + 1)
        if kind == 1:
            return "!" + self.expression(depth + 1)
        if kind == 2:
            operator = self.chance.choice(["==", "!=", "<", "<=", ">", ">=", "&&", "||", "|"])
            return "%s %s %s" % (self.expression(depth + 1), operator, self.expression(depth + 1))
        if kind == 3:
            return self.call(depth)
        if kind == 4:
            return self.literal()
        text = self.chance.choice(NAMES + ["@", "*", "[*]", "[]", "[0]", "@"])
        for _ in range(self.chance.randrange(4)):
            text += self.suffix(depth)
        return text


def holds_flag_or_bit(value):
    """In Python, True equals 1 and False equals 0 inside lists and objects; in JMESPath they differ."""
    if isinstance(value, list):
        return any(holds_flag_or_bit(element) for element in value)
    if isinstance(value, dict):
        return any(holds_flag_or_bit(element) for element in value.values())
    return isinstance(value, bool) or value in (0, 1)


def outcome(expression, given):
    """The result of the reference, or None where the reference has a bug."""
    try:
        return {"result": jmespath.search(expression, given)}
    except (exceptions.ParseError, exceptions.LexerError, exceptions.EmptyExpressionError):
        return {"error": "syntax"}
    except (exceptions.ArityError, exceptions.VariadictArityError, exceptions.UnknownFunctionError,
            exceptions.JMESPathTypeError):
        # If an expression has several mistakes, implementations may report different ones.
        return {"error": "any"}
    except Exception:
        return None


def main():
    path, count = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 6000
    writer = Writer(seed=20)
    suites = []
    for _ in range(count // 20):
        given = {name: writer.document(depth=1) for name in ['a', 'b', 'c', 'foo', 'bar', 'x-y']}
        cases = []
        for _ in range(20):
            expression = writer.expression()
            found = outcome(expression, given)
            # A slice is a projection, but the reference ignores that after an index.
            if found is None or re.search(r"\[-?\d+\]\[-?\d*:", expression):
                continue
            # The reference writes JSON in ASCII.
            if "to_string" in expression and "\\u" in str(found):
                continue
            # Results must not depend on how Python compares booleans with numbers.
            if ("==" in expression or "!=" in expression or "contains" in expression):
                if holds_flag_or_bit(given) or "true" in expression or "false" in expression or "length" in expression:
                    continue
            cases.append(dict(expression=expression, **found))
        suites.append(dict(given=given, cases=cases))
    with open(path, "w", encoding="utf-8") as file:
        json.dump(suites, file, ensure_ascii=False)


if __name__ == "__main__":
    main()
