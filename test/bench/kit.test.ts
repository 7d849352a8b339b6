import { appendFileSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { AuditLog, parseAudit } from '../../bench/kit/audit.ts'
import { parseSluiceLog } from '../../bench/kit/sluice-log.ts'

function line(verb: string, stage = 'ResponseComplete', query = ''): string {
  const event = {
    stage,
    verb,
    requestURI: `/apis/sluice.dev/v1alpha1/namespaces/shop/rollouts/reviews/status${query}`,
    user: { username: 'sluice' },
    objectRef: { resource: 'rollouts', subresource: 'status', namespace: 'shop', name: 'reviews' },
    responseStatus: { code: 200 },
    stageTimestamp: '2026-01-02T03:04:05.678901Z',
  }
  return `${JSON.stringify(event)}\n`
}

const verbs = (requests: readonly { verb: string }[]) => requests.map(({ verb }) => verb)

describe('requests in the audit log', () => {
  it('carry resource with subresource, and the time to the microsecond', () => {
    const [request] = parseAudit(line('update'))
    expect(request).toMatchObject({
      user: 'sluice',
      resource: 'rollouts/status',
      namespace: 'shop',
      code: 200,
    })
    expect((request?.answeredAt ?? 0) - Date.parse('2026-01-02T03:04:05.678Z')).toBeCloseTo(0.901, 2)
  })

  it('tell what was only asked for from what was written', () => {
    const text = line('update', undefined, '?dryRun=All&fieldManager=sluice') + line('update')
    expect(parseAudit(text).map(({ isDryRun }) => isDryRun)).toEqual([true, false])
  })

  it('count a watch once, when it begins', () => {
    const text = line('watch', 'ResponseStarted') + line('get') + line('watch', 'ResponseComplete')
    expect(verbs(parseAudit(text))).toEqual(['watch', 'get'])
  })

  it('leave out a last line that is still being written', () => {
    expect(verbs(parseAudit(line('get') + line('update').slice(0, 40)))).toEqual(['get'])
  })
})

describe('the audit log', () => {
  let folder: string
  const path = () => join(folder, 'audit.log')

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'bench-audit-'))
    writeFileSync(path(), line('list'))
  })

  afterEach(() => rmSync(folder, { recursive: true }))

  it('gives what was written after a mark', () => {
    const log = new AuditLog(path())
    const mark = log.mark()
    appendFileSync(path(), line('get'))
    expect(verbs(log.since(mark))).toEqual(['get'])
  })

  it('goes on in the next file when a new one is begun', () => {
    const log = new AuditLog(path())
    const mark = log.mark()
    appendFileSync(path(), line('get'))
    renameSync(path(), join(folder, 'audit-2026-01-02T03-04-05.000.log'))
    writeFileSync(path(), line('update'))
    expect(verbs(log.since(mark))).toEqual(['get', 'update'])
  })

  it('says so when the file of the mark is gone', () => {
    const log = new AuditLog(path())
    const mark = { ...log.mark(), inode: -1 }
    expect(() => log.since(mark)).toThrow('no longer reaches back')
  })
})

describe("Sluice's log", () => {
  it('is read line by line, and foreign lines are left out', () => {
    const text = [
      '{"level":40,"time":"2026-01-02T03:04:05.678Z","rollout":"shop/reviews","seq":4,"afterMs":31,"msg":"weight 0 written"}',
      'Warning: something of Node.js',
    ].join('\n')
    expect(parseSluiceLog(text)).toMatchObject([
      { at: Date.parse('2026-01-02T03:04:05.678Z'), message: 'weight 0 written', seq: 4, afterMs: 31 },
    ])
  })
})
