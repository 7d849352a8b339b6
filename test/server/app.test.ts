import { describe, expect, it } from 'vitest'
import { createApp } from '../../src/server/app.ts'
import type { Health } from '../../src/server/app.ts'

const WELL: Health = {
  unready: () => [],
  dead: () => [],
  metrics: async () => ({ contentType: 'text/plain; version=0.0.4', body: 'sluice_step 1\n' }),
}

async function get(url: string, changes: Partial<Health> = {}) {
  const app = createApp({ ...WELL, ...changes })
  try {
    return await app.inject({ method: 'GET', url })
  } finally {
    await app.close()
  }
}

describe('/healthz', () => {
  it('answers 200 while a restart would not help', async () => {
    const response = await get('/healthz', { unready: () => ['Temporal is away'] })
    expect(response.statusCode).toBe(200)
    expect(response.json()).toEqual({ ok: true, problems: [] })
  })

  it('answers 503 with the problems from which only a restart helps', async () => {
    const response = await get('/healthz', { dead: () => ['the watch of pods has fallen silent'] })
    expect(response.statusCode).toBe(503)
    expect(response.json()).toEqual({ ok: false, problems: ['the watch of pods has fallen silent'] })
  })
})

describe('/readyz', () => {
  it('answers 200 when the process can do its work', async () => {
    expect((await get('/readyz')).statusCode).toBe(200)
  })

  it('answers 503 with all that keeps it from its work', async () => {
    const response = await get('/readyz', { unready: () => ['one', 'two'] })
    expect(response.statusCode).toBe(503)
    expect(response.json()).toEqual({ ok: false, problems: ['one', 'two'] })
  })

  it('is asked anew each time', async () => {
    const problems = ['starting']
    const app = createApp({ ...WELL, unready: () => problems })
    expect((await app.inject('/readyz')).statusCode).toBe(503)
    problems.pop()
    expect((await app.inject('/readyz')).statusCode).toBe(200)
    await app.close()
  })
})

describe('/metrics', () => {
  it('answers in the format of Prometheus', async () => {
    const response = await get('/metrics')
    expect(response.headers['content-type']).toBe('text/plain; version=0.0.4')
    expect(response.body).toBe('sluice_step 1\n')
  })

  it('answers 500 when metrics cannot be gathered', async () => {
    const failing = async () => Promise.reject(new Error('no metrics'))
    expect((await get('/metrics', { metrics: failing })).statusCode).toBe(500)
  })
})

describe('other paths', () => {
  it.each(['/', '/healthz/', '/debug'])('such as %s are not there', async (path) => {
    expect((await get(path)).statusCode).toBe(404)
  })
})
