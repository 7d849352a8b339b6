import { openFake } from './fake-cluster.ts'
import { rolloutStoreContract } from './rollout-store.ts'

rolloutStoreContract('in memory', async () => {
  const { fake, ...subject } = openFake()
  const { rollouts } = fake
  const eventsOf = async (name: string) =>
    rollouts.events.filter(({ rollout }) => rollout.name === name).map(({ event }) => event.message)
  return { ...subject, store: rollouts, eventsOf }
})

rolloutStoreContract('in memory, behind a cache that lags', async () => {
  const { fake, cluster, close } = openFake()
  const { rollouts, cache } = fake
  const eventsOf = async (name: string) =>
    rollouts.events.filter(({ rollout }) => rollout.name === name).map(({ event }) => event.message)
  // Watches bring new and deleted Rollouts, but no status that somebody else writes.
  const setStatus: typeof cluster.setStatus = async (kind, name, status) => {
    cache.lag()
    await cluster.setStatus(kind, name, status)
  }
  const read: typeof cluster.read = async (kind, name) => {
    cache.catchUp()
    return cluster.read(kind, name)
  }
  return { cluster: { ...cluster, setStatus, read }, close, store: rollouts, eventsOf }
})
