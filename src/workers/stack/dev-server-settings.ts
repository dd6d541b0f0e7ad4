/**
 * Dynamic configuration of the server that `npm start` runs, beyond its defaults. Server 1.32 orders tasks by priority by itself
 * (`matching.useNewMatcher`) and knows worker deployments (`system.enableDeploymentVersions`); shares among users it does not look at.
 * source: temporalio/temporal, common/dynamicconfig/constants.go
 */
export const DEV_SERVER_SETTINGS: readonly string[] = [
  'matching.useNewMatcher=true',
  'matching.enableFairness=true',
  // Each partition of a queue has an order of its own; several are for loads that one server does not have. Still read: the others, where
  // work may wait from before.
  'matching.numTaskqueueWritePartitions=1',
];
