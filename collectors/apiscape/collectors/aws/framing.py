"""What deployments have in common whatever their product: identity, names, what tags and names tell."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from apiscape.collectors.aws.names import Place
from apiscape.collectors.aws.settings import TagSettings
from apiscape.collectors.aws.tags import read_told, settle_version
from apiscape.model.deployment import Deployment, Endpoint
from apiscape.model.identity import NO_STAGE, aws_native_id, deployment_uid, entity_uid, staged
from apiscape.model.surroundings import FrontDoor
from apiscape.model.values import UNKNOWN, Unknown, is_known


class Subject(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """What one deployment is, in its gateway's words.

    Attributes:
        kind: The product, which is also the native kind.
        word: The service in native ids (`lambda`).
        resource: What its service calls the API, unique in its region.
        stage: What of it is deployed, where the service has such a thing; `NO_STAGE` where nothing is.
        name: For people.
        gateway: What serves it, for people.
        tags: Native tags; unknown where nobody could look.
        console: Path of its page in the console, if there is one, as it stands in an address.
        version: As the service itself has it.
    """

    kind: str
    word: str
    resource: str
    name: str
    gateway: str
    stage: str | None = None
    tags: Mapping[str, str] | Unknown = UNKNOWN
    console: str | None = None
    version: str | None = None

    def native_api_id(self, place: Place) -> str:
        """Return the canonical id of the API."""
        return native_id(place, self.word, self.resource)

    def native_id(self, place: Place) -> str:
        """Return the canonical id of the deployment: the API's, with the stage if there is one."""
        api = self.native_api_id(place)
        return api if self.stage is None else staged(api, self.stage)

    def uid(self, place: Place) -> str:
        """Return the uid of the deployment."""
        return deployment_uid(self.native_id(place))


def native_id(place: Place, word: str, resource: str) -> str:
    """Return the canonical id of anything in a place."""
    return aws_native_id(place.partition, place.account, place.region, word, resource)


def frame(subject: Subject, place: Place, keys: TagSettings) -> Deployment:
    """Return a deployment of which no more is known than what it is, and what tags and names tell.

    Args:
        subject: What it is.
        place: Where the answers come from.
        keys: Which tags say what.
    """
    tags = subject.tags
    known = dict(tags) if is_known(tags) else {}
    stage = None if subject.stage == NO_STAGE else subject.stage
    told = read_told(known, keys, stage=stage, account_title=place.title)
    version, provenance = settle_version(subject.version, told)
    return Deployment(
        uid=subject.uid(place),
        native_id=subject.native_id(place),
        native_api_id=subject.native_api_id(place),
        native_kind=subject.kind,
        native_url=None if subject.console is None else place.console_page(subject.console),
        provider="aws",
        product=subject.kind,
        account=place.account,
        region=place.region,
        name=subject.name,
        title=None,
        gateway=f"{subject.gateway} {place.region}",
        environment=told.environment,
        environment_raw=told.environment_raw,
        stage=subject.stage,
        version=version if version or is_known(tags) else UNKNOWN,
        lifecycle=told.lifecycle,
        owners=told.owners if is_known(tags) else UNKNOWN,
        labels=known if is_known(tags) else UNKNOWN,
        consumers=None,
        specs=(),
        provenance=provenance,
    )


def frame_door(kind: str, native_id: str, name: str, place: Place) -> FrontDoor:
    """Return a custom domain of which no more is known than its name, by which it is asked over HTTPS.

    Args:
        kind: What its service calls such a thing.
        native_id: Its canonical id.
        name: The host, as it was written.
        place: Where the answers come from.
    """
    return FrontDoor(
        uid=entity_uid("front_door", native_id),
        native_id=native_id,
        native_kind=kind,
        provider="aws",
        account=place.account,
        region=place.region,
        name=name,
        endpoint=Endpoint(url=f"https://{name.casefold()}", generated_host=False),
    )
