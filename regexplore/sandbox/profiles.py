"""The kinds of registry that the embedded one can play, as data, each with its sources.

A profile shows what clients have met; hosted services change without notice, so a profile is a lesson
and a test case, not a promise about a vendor. Where nothing is known the default of the specification stays.
"""

from __future__ import annotations

from regexplore.sandbox.profile import Paging, Profile, RateLimit, Referrers, Tokens, Uploads

OCI = Profile(
    name="oci",
    summary="The distribution specification 1.1 and what its next version adds.",
    sources=("opencontainers/distribution-spec spec.md",),
)

DISTRIBUTION_2_8 = Profile(
    name="distribution-2.8",
    summary="The reference server of 2022: no referrers, no tag deletion, tags neither sorted nor paged.",
    sources=("measured on Debian's docker-registry 2.8.2", "distribution/distribution v2.8 source"),
    tags=Paging(honoured=False, order="none"),
    catalog=Paging(default=100, maximum=1000, over_maximum=400),
    referrers=Referrers(api="absent", subject_header=False),
    uploads=Uploads(location="absolute", state=True, mount_anonymous=False),
    tags_empty_null=True,
    accept_needed=True,
    plain_not_found=True,
    manifest_limit_status=400,
    tag_parameters=False,
    delete_tags=400,
)

DOCKER_HUB = Profile(
    name="docker-hub",
    summary="No catalog, pull limits in headers, blobs from another origin, OCI-Subject without the API.",
    sources=(
        "docs.docker.com: pull usage and limits",
        "docker/hub-feedback 2372 (OCI-Subject without referrers, 2024-03)",
        "docker/hub-feedback 1960 and 495 of raptor (pages of 100)",
    ),
    tags=Paging(default=100, maximum=100),
    catalog_api=False,
    referrers=Referrers(api="absent", subject_header=True),
    uploads=Uploads(location="absolute", state=True, mount_anonymous=False),
    blob_redirect=307,
    missing_repository=401,
    rate_limit=RateLimit(requests=100, window=21600),
    delete_tags=405,
    delete_manifests=405,
    delete_blobs=405,
)

GHCR = Profile(
    name="ghcr",
    summary="Tags oldest first, chunks over 4 MiB refused, referrers redirect to a web page, no deletion.",
    sources=(
        "artifacthub/hub 4785 (303 on referrers, 2026-04)",
        "oras-project/oras 1128 (placeholder scope)",
        "oras-project/rust-oci-client 35 (416 on large chunks)",
        "Renovate source (order of tags, relative Link)",
    ),
    tags=Paging(default=100, maximum=1000, order="pushed"),
    catalog_api=False,
    referrers=Referrers(api="redirect", subject_header=False),
    uploads=Uploads(patch_limit=4 << 20, mount_anonymous=False),
    tokens=Tokens(ping_scope="repository:user/image:pull", fields=("token",)),
    blob_redirect=307,
    missing_repository=403,
    tag_parameters=False,
    delete_tags=405,
    delete_manifests=405,
    delete_blobs=405,
)

ECR = Profile(
    name="ecr",
    summary="Opaque page tokens, n above 1000 is 405, repositories are made beforehand, PATCH says 201.",
    sources=(
        "Renovate and containers/image source (405 on n>1000, Content-Type text/plain)",
        "aws/containers-roadmap 2783 (artifactType with subject refused)",
        "regclient source (PATCH answered with 201)",
        "distribution/distribution 3792 (missing Docker-Content-Digest)",
        "CodesMith/drydock 927 (invalid next token)",
    ),
    tags=Paging(default=100, maximum=1000, over_maximum=405, order="none", cursor="opaque", link="absolute"),
    catalog_api=False,
    tags_type="text/plain; charset=utf-8",
    digest_header=False,
    referrers=Referrers(page=50),
    uploads=Uploads(location="absolute", patch_status=201, mount_anonymous=False),
    blob_redirect=307,
    missing_repository=404,
    tag_parameters=False,
    repository_needed=True,
    subject_refused=True,
)

ACR = Profile(
    name="acr",
    summary="n cut to 1000, access_token only, OAuth2 POST refused, blobs from another origin.",
    sources=(
        "learn.microsoft.com: ACR service tiers and limits",
        "containerd source (POST refused with 400, then GET)",
        "Renovate source (n cut to 1000, relative Link)",
    ),
    tags=Paging(default=100, maximum=1000),
    tokens=Tokens(path="/oauth2/token", fields=("access_token",), expires_in=None, post=400),
    blob_redirect=307,
    tag_parameters=False,
)

GOOGLE = Profile(
    name="google",
    summary="All tags in one list, with a manifest map; a sign-in page for referrers; challenge only at /v2/",
    sources=(
        "google/go-containerregistry pkg/v1/google (child and manifest maps)",
        "soci-snapshotter documentation (sign-in page with status 200)",
        "containers/image source (401 without WWW-Authenticate; token POST is 404)",
    ),
    tags=Paging(honoured=False),
    child_maps=True,
    referrers=Referrers(api="sign-in page", subject_header=False),
    tokens=Tokens(path="/v2/token", post=404, challenge_everywhere=False),
    blob_redirect=302,
    tag_parameters=False,
)

QUAY = Profile(
    name="quay",
    summary="Page cap of 100, ping body true, unknown subject is 400, tokens by GET only and without expiry.",
    sources=("quay/quay source (endpoints/v2, util/pagination)", "opencontainers/distribution-spec 563"),
    tags=Paging(default=100, maximum=100, bad_number=None),
    catalog=Paging(default=100, maximum=100, cursor="opaque", order="pushed"),
    referrers=Referrers(unknown_subject=400, subject_header=False),
    uploads=Uploads(mount_anonymous=False),
    tokens=Tokens(path="/v2/auth", fields=("token",), expires_in=None, post=405, delete_action="*"),
    blob_redirect=302,
    missing_repository=401,
    ping_body=b"true",
    tag_parameters=False,
)

HARBOR = Profile(
    name="harbor",
    summary="Referrers ten a page and unfiltered, no deletion of tags, code UNKNOWN for a missing manifest.",
    sources=(
        "goharbor/harbor source (src/server/registry)",
        "soci-snapshotter documentation (filter)",
        "containers/image source (code UNKNOWN)",
    ),
    referrers=Referrers(page=10, filtered=False),
    uploads=Uploads(location="absolute", state=True, mount_anonymous=False),
    tokens=Tokens(path="/service/token", fields=("token", "access_token"), expires_in=1800, post=405),
    missing_repository=401,
    missing_manifest_code="UNKNOWN",
    tag_parameters=False,
    delete_tags=405,
)

GITLAB = Profile(
    name="gitlab",
    summary="A tag sha256-<hex> is taken for the digest itself; no referrers.",
    sources=("oras-project/oras-go 1396 (2026-09)", "GitLab container registry documentation"),
    tags=Paging(default=100, maximum=1000),
    referrers=Referrers(api="absent", subject_header=False),
    uploads=Uploads(location="absolute", state=True, mount_anonymous=False),
    tokens=Tokens(path="/jwt/auth", fields=("token",), expires_in=None, post=405),
    blob_redirect=307,
    digest_tags=True,
    tag_parameters=False,
)

ARTIFACTORY = Profile(
    name="artifactory",
    summary="A missing tag is 403, cursors are positions, Link has a path of the server's inside.",
    sources=(
        "sigstore/cosign 2973 and RTFACT-13797 (403)",
        "RTFACT-18971 (Link of virtual repositories)",
        "containers/image source (token POST refused with 401)",
    ),
    tags=Paging(cursor="position", link="inner path"),
    tokens=Tokens(post=401),
    missing_repository=403,
    missing_manifest=403,
    uploads=Uploads(mount_anonymous=False),
    tag_parameters=False,
)

PROFILES = {
    profile.name: profile
    for profile in (
        OCI,
        DISTRIBUTION_2_8,
        DOCKER_HUB,
        GHCR,
        ECR,
        ACR,
        GOOGLE,
        QUAY,
        HARBOR,
        GITLAB,
        ARTIFACTORY,
    )
}
"""The profiles, by name."""


def find(profile: str | Profile) -> Profile:
    """Return a profile by name; one that is a profile already is taken as it is.

    Raises
    ------
    ValueError
        No profile has this name.
    """
    if isinstance(profile, Profile):
        return profile
    try:
        return PROFILES[profile]
    except KeyError:
        raise ValueError(f"no profile {profile!r}; there are {', '.join(PROFILES)}") from None
