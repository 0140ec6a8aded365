"""A session that begins, goes on, and is not that of somebody else."""

from ..exchanges import get

CASES = [
    get("/count"),
    get("/count", Cookie="{cookies}"),
    get("/count", Cookie="{cookies}", note="again"),
    get("/whole", Cookie="{cookies}"),
    get("/by_annotation", Cookie="{cookies}"),
    get("/by_key", Cookie="{cookies}"),
    get("/raise", Cookie="{cookies}"),
    get("/whole", Cookie="{cookies}", note="after it raised"),
    get("/forget", Cookie="{cookies}"),
    get("/whole", Cookie="{cookies}", note="after it was forgotten"),
    get("/count", Cookie="{cookies}", note="after it was forgotten"),
    get("/delete", Cookie="{cookies}"),
    get("/whole", Cookie="{cookies}", note="after it was deleted"),
    get("/count", Cookie="sid=unknown"),
    get("/whole"),
]
