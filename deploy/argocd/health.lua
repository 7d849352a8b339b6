-- Health of a sluice.dev/Rollout for Argo CD. It says what kstatus says of the same object:
--   Current is Healthy, Failed is Degraded, InProgress is Progressing, or Suspended while spec.paused holds the release.
-- Only what Argo CD gives a script that may not open libraries: no string, math or io.

local metadata = obj.metadata or {}
local status = obj.status or {}
local generation = metadata.generation or 0

-- The condition of that type, if it is True.
local function holds(kind)
  for _, condition in ipairs(status.conditions or {}) do
    if condition.type == kind and condition.status == "True" then
      return condition
    end
  end
  return nil
end

-- status.message is newer than the condition's, but may speak of the spec before.
local function messageOf(condition)
  if (condition.observedGeneration or 0) < generation then
    return nil
  end
  return status.message or condition.message
end

local function healthOf(word, message)
  return { status = word, message = message or "" }
end

if metadata.deletionTimestamp ~= nil then
  return healthOf("Progressing", status.message or "the Rollout is being deleted")
end

local stalled, reconciling, ready = holds("Stalled"), holds("Reconciling"), holds("Ready")
local told = stalled or reconciling or ready

if told == nil then
  return healthOf("Progressing", status.message or "waiting for Sluice to see the Rollout")
end
if (status.observedGeneration or 0) < generation then
  return healthOf("Progressing", messageOf(told) or "waiting for Sluice to see the change of the Rollout")
end
if stalled ~= nil then
  return healthOf("Degraded", status.message or stalled.message)
end
if reconciling ~= nil and reconciling.reason == "Paused" then
  return healthOf("Suspended", status.message or reconciling.message)
end
if reconciling ~= nil then
  return healthOf("Progressing", status.message or reconciling.message)
end
return healthOf("Healthy", status.message or ready.message)
