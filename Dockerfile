# docker build -t grantd --build-arg VERSION=0.1.0 --build-arg COMMIT="$(git rev-parse --short=12 HEAD)" .
ARG BUILD_IMAGE=oven/bun:1.4.5-debian
# base, and not base-nossl: it brings libcrypto next to the C library that the executable needs.
ARG BASE_IMAGE=gcr.io/distroless/base-debian12:nonroot

FROM ${BUILD_IMAGE} AS build
WORKDIR /src
COPY package.json bun.lock bunfig.toml ./
RUN bun install --frozen-lockfile --production --ignore-scripts
COPY scripts scripts
COPY src src
ARG COMMIT=unknown
RUN GRANTD_COMMIT=${COMMIT} bun scripts/build.ts --outfile dist/grantd
# The final image has no mkdir; a volume takes its owner from the folder that it covers.
RUN mkdir -p root/data && chmod 0700 root/data

FROM ${BASE_IMAGE}
ARG VERSION=unknown
ARG COMMIT=unknown
LABEL org.opencontainers.image.title="grantd" \
      org.opencontainers.image.description="One executable that signs people in, and issues and checks OAuth 2.0 tokens, for many tenants" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${COMMIT}"
COPY LICENSE /usr/share/doc/grantd/LICENSE
COPY --from=build /src/dist/grantd /usr/local/bin/grantd
COPY --from=build --chown=65532:65532 /src/root /
ENV GRANTD_HOST=0.0.0.0 GRANTD_DATA_DIR=/data
USER 65532:65532
# grantd looks for ./config.yaml before /etc/grantd/config.yaml; here there is none.
WORKDIR /
VOLUME /data
EXPOSE 3000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s --retries=3 CMD ["/usr/local/bin/grantd", "healthcheck"]
ENTRYPOINT ["/usr/local/bin/grantd"]
