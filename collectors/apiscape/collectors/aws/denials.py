"""Denials: which policy it was that did not allow a call, and what helps where a grant does not.

AWS says it in the words of the IAM user guide, "Troubleshoot access denied error messages": `because no KIND
allows the … action`, or `with an explicit deny in a KIND`. They are looked for, and never passed on.
"""

from __future__ import annotations

from apiscape.collectors.aws.errors import Refused
from apiscape.collectors.contract import AccessDenied, CollectorError, CredentialsInvalid

OF_THE_ORGANISATION = (
    "no right of the role helps: have the organisation's policy allow it, or leave it out "
    "(`products`, `exclude_regions`)"
)
OF_THE_BOUNDARY = "allow it in the role's permissions boundary as well: a grant alone does not help"
OF_THE_SESSION = "sign in without the session policy that narrows the role: a grant does not help"
OF_THE_ENDPOINT = (
    "allow it in the policy of the VPC endpoint that calls go through: a grant alone does not help"
)
TAKEN_BACK = "take the denial out of that policy: a grant beside it does not help"

_STEPS = {
    "service control policy": OF_THE_ORGANISATION,
    "resource control policy": OF_THE_ORGANISATION,
    "permissions boundary": OF_THE_BOUNDARY,
    "session policy": OF_THE_SESSION,
    "vpc endpoint policy": OF_THE_ENDPOINT,
}
"""What helps where one of these kinds of policy denies or does not allow a call."""

_EXPLICITLY = "explicit deny"


def denied(said: str, needs: str, region: str | None, operation: str) -> AccessDenied:
    """Return the error of a call that was denied.

    Args:
        said: AWS's message, in lower case.
        needs: The right that the call needs, in IAM's words.
        region: Where it was made.
        operation: The call by its name.
    """
    kind = next((each for each in _STEPS if each in said), None)
    step = _STEPS.get(kind or "")
    named = (kind or "policy").replace("vpc", "VPC")
    reason = f"needs {needs}"
    if _EXPLICITLY in said:
        reason = f"a {named} explicitly denies {needs}"
        step = step or TAKEN_BACK
    elif kind is not None:
        reason = f"no {named} allows {needs}"
    where = f"{reason} in {region}" if region else reason
    error = AccessDenied(where, permission=needs, operation=operation)
    error.next_step = step
    return error


class RoleRefused(CredentialsInvalid):
    """A role that cannot be taken on: STS does not say whether it, its trust or the external id is wrong.

    Args:
        code: Of the answer.
        role: Its name, where it is known.
    """

    next_step = "apiscape permissions --format cloudformation writes the role as it is wanted"

    def __init__(self, code: str, role: str | None = None) -> None:
        named = f"the role {role}" if role else "the role"
        super().__init__(
            f"{named} cannot be taken on ({code}): check that it exists, its trust policy, its external id, "
            "and that whoever is signed in may take it on",
            permission="sts:AssumeRole",
            operation="sts:AssumeRole",
        )
        self.code = code

    def of(self, role_arn: str) -> RoleRefused:
        """Return the same of a role that is known by its ARN."""
        return RoleRefused(self.code, role_arn.rpartition("/")[2])


class RoleMisnamed(CredentialsInvalid):
    """A role that the SDK does not even ask for: ARN or external id are not of their form."""

    next_step = "correct `roles`, `role_name` or `external_id` of the source"

    def __init__(self, role_arn: str) -> None:
        """Name the role."""
        super().__init__(
            f"the role {role_arn.rpartition('/')[2]} cannot be asked for: its ARN or its external id "
            "has not the form that AWS takes",
            permission="sts:AssumeRole",
            operation="sts:AssumeRole",
        )


def not_taken_on(error: CollectorError, role_arn: str) -> CollectorError:
    """Return an error of taking a role on with the role named, where it is the role's."""
    if isinstance(error, RoleRefused):
        return error.of(role_arn)
    return RoleMisnamed(role_arn) if isinstance(error, Refused) else error
