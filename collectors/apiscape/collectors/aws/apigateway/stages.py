"""What the stages of both generations have in common; only the spelling of their members differs."""

from __future__ import annotations

from urllib.parse import quote

import msgspec

from apiscape.collectors.aws import framing
from apiscape.collectors.aws.framing import Subject
from apiscape.collectors.aws.names import GATEWAY, Place
from apiscape.collectors.aws.picking import Item, labels, moment, text
from apiscape.collectors.aws.settings import TagSettings
from apiscape.collectors.aws.surface import Detail
from apiscape.model.deployment import Deployment
from apiscape.model.identity import NO_STAGE
from apiscape.model.values import UNKNOWN


class Spelling(msgspec.Struct, frozen=True, gc=False):
    """What a generation calls the members of its APIs and stages."""

    id: str
    name: str
    description: str
    version: str
    tags: str
    created: str
    stage: str
    deployment: str
    changed: str


FIRST = Spelling(
    id="id",
    name="name",
    description="description",
    version="version",
    tags="tags",
    created="createdDate",
    stage="stageName",
    deployment="deploymentId",
    changed="lastUpdatedDate",
)
SECOND = Spelling(
    id="ApiId",
    name="Name",
    description="Description",
    version="Version",
    tags="Tags",
    created="CreatedDate",
    stage="StageName",
    deployment="DeploymentId",
    changed="LastUpdatedDate",
)


class Stage(msgspec.Struct, frozen=True, gc=False):
    """One stage of an API, as the gateway says it.

    Attributes:
        api: Item of the listing.
        stage: Item of `GetStages`, or `None` for an API without a stage.
        spelling: Of both.
    """

    api: Item
    stage: Item | None
    spelling: Spelling

    def token(self, canary: str = "") -> str | None:
        """Return what changes with every deployment to the stage; `None` where nothing is deployed.

        An API without a stage has its age for a token: nobody can call it, so a weekly look is enough.
        """
        if self.stage is None:
            return f"undeployed:{_moment_text(self.api, self.spelling.created)}"
        deployed = text(self.stage, self.spelling.deployment)
        if deployed is None:
            return None
        return f"{deployed}:{canary}:{_moment_text(self.stage, self.spelling.changed)}"


def frame(source: Stage, kind: str, detail: Detail, place: Place, keys: TagSettings) -> Deployment:
    """Return a deployment with all that is said alike: identity, names, tags, versions, times, detail.

    Args:
        source: What the gateway says.
        kind: The product, which is also the native kind.
        detail: What export, resources or routes taught.
        place: Where the answers come from.
        keys: Which tags say what.
    """
    api, stage, spelling = source.api, source.stage, source.spelling
    api_id = text(api, spelling.id) or ""
    subject = Subject(
        kind=kind,
        word=GATEWAY,
        resource=api_id,
        name=text(api, spelling.name) or api_id,
        gateway="API Gateway",
        stage=text(stage, spelling.stage) or NO_STAGE,
        tags={**labels(api, spelling.tags), **labels(stage, spelling.tags)},
        console=_console(api_id, place),
        version=text(api, spelling.version),
    )
    created = moment(stage, spelling.created) or moment(api, spelling.created)
    return msgspec.structs.replace(
        framing.frame(subject, place, keys),
        description=text(stage, spelling.description) or text(api, spelling.description),
        revision=text(stage, spelling.deployment),
        consumers=UNKNOWN,
        operations=detail.surface.operations,
        backends=detail.surface.backends,
        specs=detail.specs,
        created_at=created or UNKNOWN,
        updated_at=moment(stage, spelling.changed) or UNKNOWN,
    )


def _console(api_id: str, place: Place) -> str:
    api = quote(api_id, safe="")
    return f"apigateway/main/apis/{api}/resources?api={api}&region={place.region}"


def _moment_text(item: Item, member: str) -> str:
    when = moment(item, member)
    return when.isoformat() if when else ""
