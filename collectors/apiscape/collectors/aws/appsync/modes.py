"""Ways in to AppSync: what a mode asks of callers, and what any of several do. Pure.

A caller needs one of the modes that are let in, never all of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import msgspec

from apiscape.collectors.aws.authorizers import API_KEY, IAM
from apiscape.collectors.aws.picking import Item, entries, is_missing, is_set, items, part, text
from apiscape.collectors.specs import clean_address
from apiscape.model.security import Scheme, Security
from apiscape.model.vocabulary import Requirement, SchemeKind

KEY, SIGNED, POOL, OIDC, FUNCTION = (
    "API_KEY",
    "AWS_IAM",
    "AMAZON_COGNITO_USER_POOLS",
    "OPENID_CONNECT",
    "AWS_LAMBDA",
)
HEADER = "header:Authorization"
ISSUERS = 4
"""As many of them are named, where a token may be of any."""


class Providers(msgspec.Struct, frozen=True, gc=False):
    """What an API knows of each of its modes.

    Attributes:
        known: The scheme of each, with issuer or authorizer, in the order of the answer.
        default: What is asked where nothing else is named; `None` where that cannot be read.
        whole: Whether each of them could be read.
    """

    known: Mapping[str, tuple[Scheme, ...]]
    default: str | None = None
    whole: bool = True

    @property
    def only(self) -> str | None:
        """The one way in, where there is no other."""
        return next(iter(self.known)) if self.whole and len(self.known) == 1 else None

    def schemes(self, mode: str) -> tuple[Scheme, ...]:
        """Return what a mode may be met by: several user pools may each vouch for callers."""
        return self.known.get(mode) or (_bare(mode),)


def read_graphql(api: Item) -> Providers:
    """Return the modes of a GraphQL API: its default, and those that fields may name."""
    member, others = "authenticationType", "additionalAuthenticationProviders"
    known = _providers((api, *items(api, others)), member)
    read = [text(each, member) for each in entries(api, others)]
    whole = is_set(api, others, kind=Sequence) is not None and None not in read
    return Providers(known, default=text(api, member), whole=whole)


def read_event(configuration: Item) -> Providers:
    """Return the modes of an Event API."""
    return Providers(_providers(items(configuration, "authProviders"), "authType"))


def words(given: Item, member: str) -> tuple[str, ...] | None:
    """Return the modes in a list of an Event API, empty where there is none; `None` where one cannot be read."""
    if is_missing(given, member):
        return ()
    read = [text(one, "authType") for one in entries(given, member)]
    found = tuple(filter(None, read))
    return found if isinstance(given[member], list) and len(found) == len(read) else None


def asked(modes: Sequence[str], providers: Providers, evidence: str) -> Security:
    """Return what is asked of a caller who needs one of some modes; without any, nobody can tell.

    Args:
        modes: Those that are let in.
        providers: What is known of them.
        evidence: What says that it is these.
    """
    if not modes:
        return Security(evidence=f"{evidence}: no mode")
    several = "any of " if len(modes) > 1 else ""
    scheme = any_of([scheme for mode in modes for scheme in providers.schemes(mode)])
    return Security(
        requirement=Requirement.REQUIRED,
        schemes=(scheme,),
        evidence=f"{evidence}: {several}{', '.join(modes)}",
    )


def any_of(schemes: Sequence[Scheme]) -> Scheme:
    """Return one scheme that stands for any of several.

    Those of one kind stay of that kind, with all their issuers; those of several are a custom one.
    """
    first = schemes[0]
    if len(schemes) == 1:
        return first
    if any(each.kind != first.kind for each in schemes):
        return Scheme(kind=SchemeKind.CUSTOM)
    issuers = list(dict.fromkeys(each.issuer for each in schemes if each.issuer))
    bound = all(each.issuer for each in schemes)
    return Scheme(
        kind=first.kind,
        location=first.location,
        issuer=" or ".join(issuers[:ISSUERS]) if bound else None,
    )


def _providers(given: Iterable[Item], member: str) -> dict[str, tuple[Scheme, ...]]:
    known: dict[str, tuple[Scheme, ...]] = {}
    for one in given:
        mode = text(one, member)
        if mode:
            known[mode] = (*known.get(mode, ()), _scheme(mode, one))
    return known


def _scheme(mode: str, provider: Item) -> Scheme:
    """Return the scheme of a provider; Event APIs call the members otherwise."""
    bare = _bare(mode)
    if mode == POOL:
        pool = part(provider, "userPoolConfig") or part(provider, "cognitoConfig")
        return msgspec.structs.replace(bare, issuer=text(pool, "userPoolId"))
    if mode == OIDC:
        issuer = text(part(provider, "openIDConnectConfig"), "issuer")
        return msgspec.structs.replace(bare, issuer=clean_address(issuer) if issuer else None)
    if mode == FUNCTION:
        function = text(part(provider, "lambdaAuthorizerConfig"), "authorizerUri")
        return msgspec.structs.replace(bare, native_id=function)
    return bare


def _bare(mode: str) -> Scheme:
    return _BARE.get(mode) or Scheme(kind=SchemeKind.CUSTOM, native_id=mode)


_BARE = {
    KEY: API_KEY,
    SIGNED: IAM,
    POOL: Scheme(kind=SchemeKind.JWT, location=HEADER),
    OIDC: Scheme(kind=SchemeKind.OIDC, location=HEADER),
    FUNCTION: Scheme(kind=SchemeKind.CUSTOM, location=HEADER),
}
"""What each mode asks for, whoever vouches for it."""
