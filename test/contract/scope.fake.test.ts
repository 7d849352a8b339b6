import { openFake } from './fake-cluster.ts'
import { scopeContract } from './scope.ts'

scopeContract('in memory', async () => {
  const { fake, ...subject } = openFake()
  return { ...subject, scope: fake.ports.scope }
})
