"""SecretProviderClasses that a user of one namespace may write to harm other namespaces on a node. Each is the parameters by name."""

import json

import world as w

CLIENT = "11111111-aaaa-4aaa-8aaa-00000000000d"
VAULT, VICTIM_VAULT = "kv-hostile", "kv-victim"
MEGABYTE = "A" * 1_000_000
SCHEMA = json.loads((w.ROOT / "deploy/schema/secretproviderclass.json").read_text())["$defs"]
# Settings whose values are mappings, and the schema definitions of these mappings.
INNER = {"extract": "extract", "explode": "explode", "envFile": "envFile", "select": "select", "outputs": "output"}


def array(items, head=""):
    """`items` in YAML's flow notation."""
    return head + "array:\n" + "".join(f"  - {item}\n" for item in items)


def base(**fields):
    return {"objectName": "plain", "objectType": "secret", **fields}


def flow(fields):
    return "{" + ", ".join(f"{name}: {value}" for name, value in fields.items()) + "}"


def settings():
    """Every setting of an object as a function from its value to the object's fields."""
    for name in SCHEMA["item"]["properties"]:
        yield name, lambda value, name=name: {name: value}
    for outer, definition in INNER.items():
        for name in SCHEMA[definition]["properties"]:
            yield f"{outer}.{name}", lambda value, outer=outer, name=name: {outer: flow({name: value})}


def nested(depth):
    return "[" * depth + "]" * depth, "{a: " * depth + "x" + "}" * depth


def of_every_setting():
    """By the name of the form: every parameter and every setting of an object, as a long, aliased, nested or thousandfold value."""
    forms = {"parameters of 1 MB": [{name: MEGABYTE} for name in SCHEMA["parameters"]["properties"]],
             "settings of 1 MB": [], "aliased settings": [], "nested settings": [], "settings of 1,000 objects": []}
    head = f"x: &b {'A' * 15_000}\n"
    for _, setting in settings():
        def objects(value, count=1, head="", setting=setting):
            return {"objects": array(
                [flow(base(objectAlias=f"f{i}", **setting(value)) if "objectAlias" not in setting(value)
                      else base(**setting(value))) for i in range(count)], head)}

        forms["settings of 1 MB"].append(objects(MEGABYTE))
        forms["aliased settings"].append(objects("*b", 140, head))
        forms["nested settings"] += [objects(value) for value in nested(400)]
        forms["settings of 1,000 objects"].append(objects("A" * 800, 1000))
    return forms


def pattern():
    text = "()"
    for _ in range(9):
        text = f"({text}){{127}}"
    return text


def joined(count, file):
    """The parameter `files`, with one file for each of `count` numbers."""
    return "".join(f"- {file(number)}\n" for number in range(count))


def of_old_faults():
    """Classes that once stopped a node, by their effect. None of them is larger than a class may be."""
    head = f"x: &b {'A' * 15_000}\n"
    every = ["objectName", "objectVersion", "objectType", "objectFormat", "objectEncoding"]
    long = f"x: &b {MEGABYTE}\n"
    query = f"x: &q \"[{','.join(['a'] * 140)}]\"\n"
    document = array([flow(base(objectName="document"))])
    return {
        "a pattern of many steps": [
            {"objects": array([flow({"select": flow({"type": "secret", "regex": json.dumps(pattern())})})])}],
        "aliased texts in errors": [{"objects": array(
            [flow({**{name: "*b" for name in every}, "objectAlias": "../x"})] * 140, head)}],
        "key derivation": [
            {"objects": array([flow(base(objectName="slow", objectAlias=f"f{i}")) for i in range(100)])},
            {"objects": array([flow(base(objectName="site"))]), "files": joined(90, lambda i: flow(
                {"fileName": f"e{i}.env", "envFile": "{}", "objects": flow({f"N{n}": "site" for n in range(90)})}))}],
        "defaults, queries and templates that grow": [
            {"objects": array([flow(base(objectName=f"missing-{i}", onMissing="default", default="*b")) for i in range(900)], long)},
            {"objects": array([flow(base(objectName="document", objectAlias=f"f{i}", extract=flow({"jmesPath": "*q"})))
                               for i in range(900)], query)},
            {"objects": document, "files": joined(90, lambda i: flow(
                {"fileName": f"t{i}", "template": json.dumps("{{ document }}" * 140)}))}],
        "unknown names": [
            {"objects": array([flow(base(objectAlias=f"known-{i}")) for i in range(1000)]),
             "files": joined(1, lambda _: flow(
                 {"fileName": "e.env", "envFile": "{}", "objects": flow({f"N{n}": f"unknown-{n}" for n in range(2500)})}))},
            {"objects": array([flow({**base(), **{f"objectKey{n}": "x" for n in range(30_000)}})])},
            {"objects": array([flow({"select": flow({"type": "secret", "tags": flow({f"tag{n}": "x" for n in range(30_000)})})})])}],
        "selectors": [{"objects": array([flow(
            {"select": flow({"type": "secret", "regex": json.dumps(f"(a|b|s)*ecret-{i}[0-9]*"), "allowEmpty": "true"}),
             "fileName": f"\"{i}/{{{{name}}}}\""}) for i in range(count)]) } for count in (20, 200)],
        "vaults": [{"objects": array([flow(base(objectAlias=f"f{i}", vault=f"kv-hostile-{i}")) for i in range(count)])}
                   for count in (20, 1000)],
    }


def missing(**fields):
    """A thousand objects that the class's own vault does not have."""
    return {"objects": array([flow(base(objectName=f"o{i}", **fields)) for i in range(1000)])}


def forbidden():
    """A thousand objects of the victim's vault, to which the class's identity has no access."""
    return {"keyvaultName": VICTIM_VAULT, "objects": array([flow(base(objectName=f"o{i}")) for i in range(1000)])}
