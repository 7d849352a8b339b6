import fastify from 'fastify'
import type { FastifyInstance } from 'fastify'

/** What the server tells of the process. */
export interface Health {
  /** Problems that keep the process from doing its work, one line each; none when it is ready. */
  unready(): readonly string[]
  /** Problems from which only a restart helps. */
  dead(): readonly string[]
  /** Metrics in the text format of Prometheus. */
  metrics(): Promise<{ readonly contentType: string; readonly body: string }>
}

/**
 * Health and metrics. `/healthz` tells that the event loop turns, by answering at all, and names what only a restart
 * cures; `/readyz` names what keeps the process from its work just now. Made without listening, so that tests inject
 * requests.
 */
export function createApp(health: Health): FastifyInstance {
  const app = fastify({ logger: false })
  app.get('/healthz', async (_request, reply) => answer(reply, health.dead()))
  app.get('/readyz', async (_request, reply) => answer(reply, health.unready()))
  app.get('/metrics', async (_request, reply) => {
    const { contentType, body } = await health.metrics()
    return reply.type(contentType).send(body)
  })
  return app
}

function answer(reply: Reply, problems: readonly string[]): Reply {
  return reply.code(problems.length === 0 ? 200 : 503).send({ ok: problems.length === 0, problems })
}

interface Reply {
  code(status: number): Reply
  send(body: unknown): Reply
}
