# One image for both services: the command chooses which.
FROM node:24-bookworm-slim AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci
COPY tsconfig.json tsconfig.build.json ./
COPY shared shared
COPY services services
COPY dev dev
RUN npm run build && npm prune --omit=dev

FROM node:24-bookworm-slim
LABEL org.opencontainers.image.title="roomcast" \
      org.opencontainers.image.description="Appointment events from a booking backend to the phones of the people they concern" \
      org.opencontainers.image.licenses="MIT"
ENV NODE_ENV=production
WORKDIR /app
COPY --from=build /app/package.json ./
COPY --from=build /app/node_modules node_modules
COPY --from=build /app/dist/shared dist/shared
COPY --from=build /app/dist/services dist/services
USER node
# Node is process 1 and handles SIGTERM itself: it drains.
CMD ["node", "dist/services/delivery/main.js"]
