# syntax=docker/dockerfile:1

# The other way to build the image is `make image`. With Docker:
#
#   docker build --build-arg VERSION="$(git describe --tags)" --build-arg REVISION="$(git rev-parse HEAD)" \
#     --build-arg CREATED="$(git log -1 --format=%cI)" .
#
# The builder runs on the machine's own platform and cross-compiles: no emulation in multi-platform builds.
FROM --platform=${BUILDPLATFORM:-linux/amd64} golang:1.26 AS build
ARG TARGETOS=linux
ARG TARGETARCH=amd64
ARG VERSION=
WORKDIR /src

# Modules first: this layer stays cached until go.mod or go.sum changes.
COPY go.mod go.sum ./
ENV GOCACHE=/cache/go-build
RUN --mount=type=cache,target=/go/pkg/mod go mod download

COPY api/ api/
COPY cmd/ cmd/
COPY internal/ internal/
RUN --mount=type=cache,target=/go/pkg/mod --mount=type=cache,target=/cache/go-build \
    CGO_ENABLED=0 GOOS=${TARGETOS} GOARCH=${TARGETARCH} \
    go build -trimpath -ldflags "-s -w -X github.com/usher-operator/usher/internal/version.version=${VERSION}" -o /out/usher ./cmd

# Static: root certificates and time zones, no shell, user 65532.
FROM gcr.io/distroless/static:nonroot
ARG VERSION=
ARG REVISION=
ARG CREATED=
LABEL org.opencontainers.image.title="Usher" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.source="https://github.com/usher-operator/usher" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.created="${CREATED}"
WORKDIR /
COPY --from=build /out/usher /usher
USER 65532:65532
ENTRYPOINT ["/usher"]
