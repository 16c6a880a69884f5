"""The numbers of a compiled plan's nodes, which become the uids of its operators."""

import json


def renumbered(plan: str) -> str:
    """The plan with the numbers that it has where nothing else was compiled before it."""
    content = json.loads(plan)
    offset = min(node["id"] for node in content["nodes"]) - 1
    if not offset:
        return plan
    for node in content["nodes"]:
        node["id"] -= offset
    for edge in content["edges"]:
        edge["source"] -= offset
        edge["target"] -= offset
    return json.dumps(content, indent=2)
