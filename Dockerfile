# syntax=docker/dockerfile:1

FROM golang:1.26-bookworm AS build
WORKDIR /src
# Download the libraries first, because they change less often than our code.
COPY go.mod go.sum ./
RUN --mount=type=cache,target=/go/pkg/mod go mod download
COPY . .
RUN --mount=type=cache,target=/go/pkg/mod --mount=type=cache,target=/root/.cache/go-build \
    CGO_ENABLED=0 go build -trimpath -ldflags="-s -w" -o /out/terminplan ./cmd/terminplan
RUN mkdir -p /out/data

# The image has no shell, no package manager and no configuration file. All settings are
# environment variables.
FROM gcr.io/distroless/static-debian12:nonroot
# Busybox acts as the program of its file name. Under this name it can only fetch a page,
# which the health check needs.
COPY --from=busybox:1.37-musl /bin/busybox /usr/local/bin/wget
COPY --from=build --chown=65532:65532 /out/data /data
COPY --from=build /out/terminplan /usr/local/bin/terminplan
ENV TERMINPLAN_ADDR=:8080 TERMINPLAN_DATA_DIR=/data
VOLUME /data
EXPOSE 8080
USER 65532:65532
HEALTHCHECK --interval=5s --timeout=2s --start-period=30s --retries=3 \
    CMD ["/usr/local/bin/wget", "-q", "-T", "2", "-O", "/dev/null", "http://127.0.0.1:8080/readyz"]
ENTRYPOINT ["/usr/local/bin/terminplan"]
