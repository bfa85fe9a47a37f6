"""What an operation's handler works with, and how handlers are written down."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from apiscape.demo.aws.estate.estate import Account, AwsEstate
from apiscape.demo.aws.estate.region import Region
from apiscape.demo.aws.estate.rest_api import RestApi
from apiscape.demo.aws.estate.v2_api import V2Api
from apiscape.demo.aws.refusing.identities import Caller, Identities
from apiscape.demo.aws.refusing.refusals import not_found

Params = dict[str, Any]  #: input members, by their modelled names
Output = dict[str, Any]  #: output members, by their modelled names


class Context(msgspec.Struct, frozen=True, gc=False):
    """One call's surroundings."""

    estate: AwsEstate
    identities: Identities
    caller: Caller
    region_name: str

    @property
    def account(self) -> Account:
        """The account that is asked."""
        return self.caller.account

    @property
    def region(self) -> Region:
        """The region that is asked; an empty one where nothing was ever made."""
        known = self.account.regions.get(self.region_name)
        return known or Region(self.account, self.region_name)

    def rest_api(self, params: Params) -> RestApi:
        """Give the REST API that the input names."""
        api = self.region.rest_apis.get(params["restApiId"])
        if api is None:
            raise not_found("Invalid API identifier specified " + self._place(params["restApiId"]))
        return api

    def v2_api(self, params: Params) -> V2Api:
        """Give the HTTP or WebSocket API that the input names."""
        api = self.region.v2_apis.get(params["ApiId"])
        if api is None:
            raise not_found("Invalid API identifier specified " + self._place(params["ApiId"]))
        return api

    def _place(self, identifier: str) -> str:
        return f"{self.account.id}:{identifier}"


Handler = Callable[[Context, Params], Output]
