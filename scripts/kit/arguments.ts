/** What a program may be called with. */
interface Allowed {
  /** What `--help` prints. */
  readonly usage: string
  /** Allowed arguments, for people. */
  readonly allowed: string
  readonly isAllowed: (argument: string) => boolean
}

/**
 * The arguments of this program. With `--help` it prints its usage and ends; with an argument that is not allowed it
 * says so in one line and ends with status 2.
 */
export function readArguments({ usage, allowed, isAllowed }: Allowed): readonly string[] {
  const args = process.argv.slice(2)
  if (args.includes('--help') || args.includes('-h')) {
    console.log(usage)
    process.exit(0)
  }
  const wrong = args.find((argument) => !isAllowed(argument))
  if (wrong === undefined) return args
  console.error(`found "${wrong}", allowed: ${allowed} (--help tells more)`)
  process.exit(2)
}
