import { columns, plain } from './text.ts'
import type { Paint } from './paint.ts'
import type { Split } from './model.ts'

const SHORTEST = 10

/** The weight bar: stable at the left, the canary at the right, each with its share. */
export function weightBar({ stable, canary }: Split, width: number, paint: Paint): string {
  if (canary === undefined) {
    const label = `${plain(stable)} 100 % `
    return paint.stable(label + '▒'.repeat(room(width, label)))
  }
  const left = `${plain(stable)} ${100 - canary.weight} % `
  const right = ` ${canary.weight} % ${plain(canary.version)}`
  const length = room(width, left + right)
  const cells = canaryCells(canary.weight, length)
  return paint.stable(left + '▒'.repeat(length - cells)) + paint.canary('█'.repeat(cells) + right)
}

function room(width: number, labels: string): number {
  return Math.max(SHORTEST, width - columns(labels))
}

/** A canary with any weight is seen, and so is stable as long as it has any. */
function canaryCells(weight: number, length: number): number {
  const cells = Math.round((weight / 100) * length)
  if (weight <= 0) return 0
  return weight >= 100 ? length : Math.min(length - 1, Math.max(1, cells))
}
