"""Fields by their standard names, and the shapes a column may declare.

People write routes, policies and schemas with these names only; receipts and errors name
columns by them. A name that is not here cannot be released, because it cannot be said.
"""

from typing import Literal

FieldName = Literal[
    "reference", "upn", "former_upn", "uln", "local_id",
    "forename", "middle_names", "surname", "preferred_forename", "preferred_surname",
    "former_forename", "former_surname", "date_of_birth", "sex",
    "address_line_1", "address_line_2", "address_line_3", "address_line_4", "address_line_5",
    "town", "county", "postcode", "uprn",
    "phone", "mobile", "email", "parent_name", "parent_address", "parent_phone", "parent_email",
    "school_name", "school_number", "school_urn", "year_group", "enrolment_status", "entry_date", "leaving_date",
    "part_time", "boarder", "first_language", "free_school_meals", "service_child", "youth_support_agreement",
    "attendance_possible", "attendance_missed", "exclusions", "attainment", "post_16_offer",
    "intended_destination", "current_activity",
    "ethnicity", "sen_provision", "sen_need", "disability", "medical_flag", "looked_after", "care_leaver",
    "offending", "young_carer", "nationality", "religion", "notes",
    # statutory returns: groups of elements that say one thing about a child
    "upn_unknown", "expected_date_of_birth", "date_of_death", "alternative_provision",
    "social_care_referral", "social_care_assessment", "child_in_need_plan", "child_protection",
    "care_episode", "placement_postcode", "home_postcode", "care_review", "care_outcome", "adoption", "leaving_care",
    "asylum_seeking", "parenthood",
]  # fmt: skip

SPECIAL: frozenset[str] = frozenset(
    {
        "ethnicity", "sen_provision", "sen_need", "disability", "medical_flag", "looked_after", "care_leaver",
        "offending", "young_carer", "nationality", "religion", "social_care_referral", "social_care_assessment",
        "child_in_need_plan", "child_protection", "care_episode", "care_review", "care_outcome", "adoption", "leaving_care",
        "asylum_seeking", "parenthood",
    }
)  # fmt: skip
"""UK GDPR Articles 9 and 10, and care status: only in a tier of their own (DESIGN §5)."""

NEVER: frozenset[str] = frozenset({"former_upn", "former_forename", "former_surname", "notes", "placement_postcode"})
"""What may link an adopted child to a birth identity or tell where one is placed, and free text: no consent route releases them."""

ADDRESS: tuple[FieldName, ...] = (
    "address_line_1", "address_line_2", "address_line_3", "address_line_4", "address_line_5", "town", "county",
)  # fmt: skip

WHEREABOUTS: frozenset[str] = frozenset(
    {*ADDRESS, "postcode", "uprn", "home_postcode", "placement_postcode", "parent_address"}
)  # fmt: skip
"""Each alone may tell where a child lives."""

IN_RETURNS: frozenset[str] = frozenset(
    {
        "upn_unknown", "expected_date_of_birth", "date_of_death", "alternative_provision", "social_care_referral",
        "social_care_assessment", "child_in_need_plan", "child_protection", "care_episode", "placement_postcode",
        "home_postcode", "care_review", "care_outcome", "adoption", "leaving_care", "asylum_seeking", "parenthood",
    }
)  # fmt: skip
"""What is said in statutory returns only, as groups of elements."""

MOST_OPTIONAL = 60
"""Fields of one output that only consent releases: each has its bit in a verdict of 64 (`minimise/verdicts`)."""

Shape = Literal["text", "upn", "uln", "date", "postcode"]
Slug = r"^[a-z0-9]+(?:-[a-z0-9]+)*$"
