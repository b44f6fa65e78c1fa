"""From files and flags to one Spec. What is wrong is told with the place where it was said."""

from __future__ import annotations

import reprlib
from collections.abc import Mapping
from difflib import get_close_matches
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from provision import yamlmarks
from provision.errors import OperatorError
from provision.options import FLAGS, OPTIONS
from provision.spec.model import Spec
from provision.spec.names import NONE
from provision.yamlmarks import Located, Place

Layer = dict[str, Located]
"""Fields as one source gives them."""


def parse(text: str, source: str) -> Layer:
    """The fields in a spec file; `source` names it in errors. Raises OperatorError."""
    return dict(yamlmarks.read(text, source))


def from_flags(given: Mapping[str, str | bool | None]) -> Layer:
    """The fields that flags give, by field name; None and False are flags that weren't given. Raises OperatorError."""
    layer: dict[str, Located] = {}
    for option in FLAGS:
        text = given.get(option.name)
        if text is None or text is False:
            continue
        place = Place(option.flag)
        if option.tri:
            layer[option.name] = Located(_yes_or_no(text, place), place)
        elif text is True and option.bare:
            layer[option.name] = Located(option.bare, place)
        elif text is True or not option.many:
            layer[option.name] = Located(text, place)
        elif text == NONE:
            layer[option.name] = Located((), place)
        else:
            parts = tuple(part.strip() for part in text.split(","))
            if "" in parts:
                raise OperatorError(
                    f"{place}: {text!r} holds an empty entry: separate by single commas, or say {NONE}"
                )
            layer[option.name] = Located(tuple(Located(part, place) for part in parts), place)
    return layer


def _yes_or_no(text: str | bool, place: Place) -> bool:
    if text not in ("yes", "no"):
        raise OperatorError(f"{place}: {text!r} is neither yes nor no: say one of the two")
    return text == "yes"


def build(*layers: Layer, installs: bool = True) -> Spec:
    """One Spec of all layers, later ones before earlier ones. Raises OperatorError.

    `installs`: its engine is the one that will run; else each host's is, and only there its settings can be judged.
    """
    chosen = {name: located for layer in layers for name, located in layer.items()}
    for located in chosen.values():
        located.refuse_nul()
    try:
        return Spec.model_validate(
            {name: located.plain() for name, located in chosen.items()}, context=installs
        )
    except ValidationError as error:
        raise OperatorError(_one_line(error.errors(include_url=False)[0], chosen)) from None


def _one_line(error: ErrorDetails, chosen: Layer) -> str:
    context, top = error.get("ctx", {}), Located(chosen, Place("spec"))
    path = (*error["loc"], *context.get("path", ()))
    text = _text(error, path)
    if context.get("second"):
        text = text.replace("{other}", str(top.place_of(context["second"])))
    return f"{top.place_of(path)}: {text}"


def _text(error: ErrorDetails, path: tuple[Any, ...]) -> str:
    name = str(path[0])
    if error["type"] in ("wrong", "value_error"):
        return error["msg"].removeprefix("Value error, ")
    if error["type"] == "extra_forbidden":
        names = [option.name for option in OPTIONS]
        near = get_close_matches(name, names, n=1)
        return f"there is no {name!r}: " + (
            f"did you mean {near[0]}?" if near else f"choose of {', '.join(names)}"
        )
    expected = _EXPECTED[error["type"]]
    example = next(option.example for option in OPTIONS if option.name == name)
    return f"{name} must be {expected}, and {reprlib.repr(error['input'])} is not: write it like {example}"


_EXPECTED = {
    "string_type": "text",
    "bool_type": "true or false",
    "tuple_type": "a list",
    "dict_type": "a mapping",
}
