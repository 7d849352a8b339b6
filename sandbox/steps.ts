/** A piece of work that follows others. */
export interface Step {
  name: string
  /** Names of the steps that must have succeeded. Unknown names are an error of the program. */
  needs: readonly string[]
  run(): Promise<void>
}

/**
 * Runs steps side by side, each as soon as those it needs are done. Returns when nothing runs any more.
 * @throws the first failure
 */
export async function runSteps(steps: readonly Step[]): Promise<void> {
  const failures: unknown[] = []
  const running = new Map<string, Promise<boolean>>()
  const start = (step: Step): Promise<boolean> => {
    const known = running.get(step.name)
    if (known) return known
    const done = runAfter(step)
    running.set(step.name, done)
    return done
  }
  const runAfter = async (step: Step): Promise<boolean> => {
    const needed = await Promise.all(step.needs.map((name) => start(find(steps, name))))
    if (needed.includes(false)) return false
    try {
      await step.run()
      return true
    } catch (error) {
      failures.push(error)
      return false
    }
  }
  await Promise.all(steps.map(start))
  if (failures.length > 0) throw failures[0]
}

function find(steps: readonly Step[], name: string): Step {
  const step = steps.find((candidate) => candidate.name === name)
  if (step) return step
  throw new Error(`no step "${name}"`)
}
