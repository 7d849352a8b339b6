import { cpus, totalmem } from 'node:os'

/** What the figures were measured on. */
export function machine(): Record<string, unknown> {
  const all = cpus()
  return {
    processors: all.length,
    model: all[0]?.model ?? 'unknown',
    memoryGB: Math.round(totalmem() / 1e9),
    platform: `${process.platform} ${process.arch}`,
    node: process.version,
  }
}
