ARG BUILD_IMAGE=oven/bun:1.4.5-debian
ARG BASE_IMAGE=gcr.io/distroless/base-nossl-debian12:nonroot

FROM ${BUILD_IMAGE} AS build
WORKDIR /src
COPY package.json bun.lock bunfig.toml ./
RUN bun install --frozen-lockfile --production --ignore-scripts
COPY tsconfig.json ./
COPY scripts scripts
COPY src src
ARG COMMIT=unknown
RUN GRANTD_COMMIT=${COMMIT} bun scripts/build.ts --outfile dist/grantd

FROM ${BASE_IMAGE}
COPY --from=build /src/dist/grantd /usr/local/bin/grantd
ENV GRANTD_CONFIG=/etc/grantd/config.yaml GRANTD_HOST=0.0.0.0
USER 65532:65532
WORKDIR /data
VOLUME /data
EXPOSE 3000
STOPSIGNAL SIGTERM
ENTRYPOINT ["/usr/local/bin/grantd"]
