"""Of which class an Ingress is, and what its controller's annotations mean.

The field comes before the old annotation, and both before the default class.
"""

from __future__ import annotations

import msgspec

from apiscape.collectors.kubernetes.exposed import Condition
from apiscape.collectors.kubernetes.ingress.controllers import (
    DIALECTS,
    NGINX_F5,
    UNKNOWN_DIALECT,
)
from apiscape.collectors.kubernetes.ingress.dialects import Dialect
from apiscape.collectors.kubernetes.ingress.kinds import (
    CLASSES,
    DEFAULT,
    TRUE,
    ClassParameters,
    Ingress,
    IngressClass,
)
from apiscape.collectors.kubernetes.resource import Look

CLASS_KEY = "kubernetes.io/ingress.class"


class Classed(msgspec.Struct, frozen=True, kw_only=True):
    """The class of an Ingress.

    Attributes:
        name: `None` where it is of none.
        controller: Whoever looks after it, if the class says.
        dialect: What its annotations mean.
        is_guess: Whether that follows from the name of the class alone.
        parameters: An object that says more.
        condition: Whether there is such a class.
    """

    name: str | None
    controller: str | None = None
    dialect: Dialect = UNKNOWN_DIALECT
    is_guess: bool = False
    parameters: ClassParameters | None = None
    condition: Condition


def class_of(ingress: Ingress, look: Look) -> Classed:
    """Return the class of an Ingress."""
    field = ingress.spec.ingress_class_name
    name = field or ingress.said.get(CLASS_KEY, "").strip() or None
    if name is None:
        return _default(look)
    found = look.get(CLASSES, name)
    if isinstance(found, IngressClass):
        return _classed(found, "IngressClass exists")
    dialect = by_class(name, tuple(ingress.said))
    return Classed(
        name=name,
        dialect=dialect or UNKNOWN_DIALECT,
        is_guess=True,
        condition=_missing(name, look, is_field=bool(field)),
    )


def _default(look: Look) -> Classed:
    found = next((each for each in look.those(CLASSES, DEFAULT, TRUE)), None)
    if isinstance(found, IngressClass):
        return _classed(found, "by the default class")
    seen = look.sees(CLASSES)
    reason = "no class, and no default class" if seen else "no class; default classes not seen"
    return Classed(
        name=None, condition=Condition(name="ClassFound", holds=None, reason=f"pending: {reason}")
    )


def _classed(found: IngressClass, reason: str) -> Classed:
    controller = found.spec.controller
    return Classed(
        name=found.metadata.name,
        controller=controller or None,
        dialect=by_controller(controller) or UNKNOWN_DIALECT,
        parameters=found.spec.parameters,
        condition=Condition(name="ClassFound", holds=True, reason=reason),
    )


def _missing(name: str, look: Look, *, is_field: bool) -> Condition:
    """Return what follows from that there is no such class: an annotation may name one that has no object."""
    if not look.sees(CLASSES):
        return Condition(name="ClassFound", holds=None, reason="pending: classes could not be seen")
    if is_field:
        return Condition(name="ClassFound", holds=False, reason=f"no IngressClass {name}")
    return Condition(
        name="ClassFound",
        holds=None,
        reason=f"pending: no IngressClass {name}, named by annotation",
    )


def by_controller(controller: str) -> Dialect | None:
    """Return what a controller of a class speaks."""
    return next(
        (
            dialect
            for dialect in DIALECTS
            for start in dialect.controllers
            if controller == start
            or controller.startswith(start if start.endswith("/") else (start + "/", start + "-"))
        ),
        None,
    )


def by_class(name: str, annotations: tuple[str, ...]) -> Dialect | None:
    """Return what a class that is called so most likely speaks, by its name and by the annotations that are there."""
    if name == "nginx" and any(key.startswith(NGINX_F5.prefixes) for key in annotations):
        return NGINX_F5
    return next((dialect for dialect in DIALECTS if name in dialect.classes), None)
