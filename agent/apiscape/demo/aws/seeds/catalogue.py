"""The services of a fictional department: what it runs, who answers for it, how it is let in."""

from __future__ import annotations

import msgspec


class Service(msgspec.Struct, frozen=True, gc=False):
    """One service and how it is published.

    Args:
        name: Display name of its APIs.
        title: What it does, for people.
        team: Who answers for it; empty where nobody wrote it down.
        nouns: What its paths are about.
        auth: `cognito`, `lambda`, `jwt`, `iam`, `key` (an API key alone) or `none`.
        backend: `lambda`, `http`, `plain` (HTTP without TLS) or `link` (a VPC link).
        private: Reachable from inside a VPC only.
        standby: Kept a second time in the other region.
        rehearsed: Kept in the account for tests as well.
    """

    name: str
    title: str
    team: str
    nouns: tuple[str, ...]
    auth: str
    backend: str = "lambda"
    private: bool = False
    standby: bool = False
    rehearsed: bool = True


#: REST APIs of the live account, each again in the account for tests if rehearsed.
REST_SERVICES = (
    Service(
        "self-assessment",
        "Send a Self Assessment tax return and see what is owed",
        "Team Self Assessment",
        ("returns", "liabilities", "agents"),
        "cognito",
        standby=True,
    ),
    Service(
        "vat-returns",
        "Submit VAT returns and read obligations",
        "Team VAT",
        ("returns", "obligations", "payments"),
        "lambda",
        "link",
        standby=True,
    ),
    Service(
        "paye-real-time",
        "Real-time payroll submissions by employers",
        "Team PAYE",
        ("submissions", "employers"),
        "iam",
        "link",
    ),
    Service(
        "corporation-tax",
        "Company tax accounts",
        "Team Corporate Tax",
        ("accounts", "filings", "refunds"),
        "cognito",
        "link",
    ),
    Service(
        "child-benefit",
        "Claim Child Benefit and change details",
        "Team Families",
        ("claims", "children"),
        "cognito",
    ),
    Service(
        "universal-support",
        "Claims, journals and payments of Universal Support",
        "Team Working Age",
        ("claims", "journals", "payments", "commitments"),
        "cognito",
        standby=True,
    ),
    Service(
        "carers-allowance", "Claim Carer's Allowance", "Team Carers", ("claims", "breaks"), "lambda"
    ),
    Service(
        "state-pension",
        "State Pension forecasts",
        "Team Pensions",
        ("forecasts", "contributions"),
        "cognito",
        "http",
    ),
    Service(
        "driving-licences",
        "View and renew driving licences",
        "Team Drivers",
        ("licences", "endorsements", "renewals"),
        "cognito",
        standby=True,
    ),
    Service(
        "vehicle-enquiry",
        "Tax and MOT status of a vehicle",
        "Team Vehicles",
        ("vehicles",),
        "key",
        "http",
        standby=True,
    ),
    Service(
        "fishing-licences",
        "Buy a rod fishing licence",
        "",
        ("licences", "concessions"),
        "key",
    ),
    Service(
        "firearms-licences",
        "Licence register for police forces",
        "Team Public Safety",
        ("certificates", "holders"),
        "iam",
        "link",
        private=True,
        rehearsed=False,
    ),
    Service(
        "passport-applications",
        "Apply for and track a passport",
        "Team Passports",
        ("applications", "photos"),
        "cognito",
    ),
    Service(
        "land-titles",
        "Title register and map search",
        "Team Land",
        ("titles", "searches", "maps"),
        "key",
        "http",
    ),
    Service(
        "company-search",
        "Companies, officers and filings",
        "Team Companies",
        ("companies", "officers", "filings"),
        "key",
    ),
    Service(
        "bank-holidays",
        "Bank holidays of the United Kingdom",
        "Team Reference Data",
        ("events",),
        "none",
        standby=True,
    ),
    Service(
        "postcode-lookup",
        "Areas and services of a postcode",
        "Team Reference Data",
        ("postcodes", "areas"),
        "none",
        "plain",
    ),
    Service("flood-warnings", "Warnings and river levels", "", ("warnings", "stations"), "key"),
    Service(
        "court-fees",
        "Fees of courts and tribunals, and remissions",
        "Team Courts",
        ("fees", "remissions"),
        "lambda",
        "http",
    ),
    Service(
        "appeals",
        "Lodge and follow an appeal",
        "Team Tribunals",
        ("appeals", "hearings"),
        "cognito",
    ),
    Service(
        "grants-finder",
        "Find a grant and register interest",
        "",
        ("grants", "interests"),
        "none",
        "plain",
    ),
    Service(
        "case-management",
        "Casework for every benefit line",
        "Team Casework",
        ("cases", "notes", "tasks"),
        "iam",
        "link",
        private=True,
    ),
    Service(
        "fraud-scoring",
        "Risk scores for claims and returns",
        "Team Compliance",
        ("scores",),
        "iam",
        private=True,
        rehearsed=False,
    ),
    Service(
        "document-upload",
        "Evidence upload and virus scan",
        "Team Documents",
        ("documents", "scans"),
        "lambda",
    ),
)

#: REST APIs of the shared account, live and staging stage in one API.
SHARED_REST_SERVICES = (
    Service(
        "identity-verify",
        "Prove who somebody is",
        "Team Identity",
        ("sessions", "evidence", "checks"),
        "lambda",
        "link",
    ),
    Service(
        "payments", "Card and bank payments", "Team Payments", ("payments", "refunds"), "cognito"
    ),
    Service(
        "notifications",
        "Letters, emails and texts",
        "Team Notifications",
        ("messages", "templates"),
        "iam",
    ),
    Service(
        "address-lookup", "Addresses of a postcode", "Team Reference Data", ("addresses",), "key"
    ),
    Service(
        "audit-events",
        "Write-once audit trail",
        "Team Platform",
        ("events",),
        "iam",
        "link",
        private=True,
    ),
    Service("consent", "What people agreed to", "Team Identity", ("consents",), "lambda"),
    Service("file-scanning", "Virus scan on demand", "Team Documents", ("scans",), "iam", "http"),
    Service("translations", "Welsh and English texts", "", ("texts",), "key"),
)

#: HTTP APIs of the live account, each again in the account for tests.
HTTP_SERVICES = (
    Service("citizen-profile", "One profile for every service", "Team Accounts", ("me",), "jwt"),
    Service(
        "appointments",
        "Book a visit to a jobcentre",
        "Team Working Age",
        ("slots", "bookings"),
        "jwt",
    ),
    Service("journey-planner", "Which forms a person needs", "", ("journeys",), "none", "http"),
    Service(
        "benefits-calculator",
        "What somebody could claim",
        "Team Working Age",
        ("estimates",),
        "none",
    ),
    Service(
        "statements", "Statements of every account", "Team Accounts", ("statements",), "jwt", "link"
    ),
    Service("webhooks-inbox", "What partners send us", "Team Platform", ("hooks",), "lambda"),
    Service(
        "mobile-gateway", "Behind the mobile app", "Team Mobile", ("home", "devices"), "jwt", "link"
    ),
    Service("feature-flags", "Which features are on", "Team Platform", ("flags",), "iam"),
)

#: HTTP APIs of the shared account.
SHARED_HTTP_SERVICES = (
    Service("token-exchange", "Tokens between services", "Team Identity", ("tokens",), "lambda"),
    Service("status-page", "What works right now", "Team Platform", ("components",), "none"),
    Service("metrics-ingest", "Counters from every service", "Team Platform", ("series",), "iam"),
    Service("search", "One search over all guidance", "Team Content", ("queries",), "jwt", "http"),
)

#: WebSocket APIs of the live account, each again in the account for tests.
WEBSOCKET_SERVICES = (
    Service("live-chat", "Chat with an adviser", "Team Contact", ("send", "typing"), "lambda"),
    Service("queue-status", "Place in the telephone queue", "", ("follow",), "none"),
)
