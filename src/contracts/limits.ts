/**
 * Named limits of what the system accepts and keeps. Units come last in the names.
 * Limits that an operator may want to change are options instead (see `docs/configuration.md`).
 */

export const nameLengthMax = 32;
/** Characters of a parameter's or preset's name, as people count them; and what a schema lets through, which counts others. */
export const freeNameLengthMax = 64;
export const freeNameSchemaLengthMax = 256;
/** Of an icon's name, or of where it lies. */
export const iconLengthMax = 256;
export const settingNameLengthMax = 64;
export const settingValueLengthMax = 256;
export const usernameLengthMax = 32;
export const emailLengthMax = 254;
export const passwordLengthMin = 8;
export const passwordLengthMax = 128;
export const descriptionLengthMax = 1024;
export const presetDescriptionLengthMax = 128;
export const tokenNameLengthMax = 64;
export const tokenLifetimeDaysMax = 365;
/** API tokens that one person may have; more are refused. */
export const apiTokensPerPersonMax = 200;
/** Sessions that one person may have; one more ends the one that was not used for longest. */
export const sessionsPerPersonMax = 200;
/** Public keys of a person for the SSH gateway. */
export const loginKeysPerPersonMax = 50;
export const loginKeyNameLengthMax = 64;
/** Of an rsa key of 16,384 bits, with a comment. */
export const publicKeyLengthMax = 4_096;
export const suspensionReasonLengthMax = 200;

export const parametersMax = 64;
export const parameterValueLengthMax = 8192;
export const presetsMax = 64;
export const agentsMax = 8;
export const hookScriptLengthMax = 65_536;
/** How long an agent may take to connect, where neither its manifest nor an option says. */
export const connectTimeoutSecondsDefault = 600;
/** Longest run of a hook whose manifest does not say. */
export const hookTimeoutSecondsDefault = 600;
/** The same of a `stop` hook, for which whoever stops the workspace waits; Docker's engine says nothing for as long. */
export const stopHookTimeoutSecondsDefault = 30;
export const stopHookTimeoutSecondsMax = 100;
export const manifestBytesMax = 1_048_576;
/** Keys and values of a manifest, with aliases unfolded, and how deep they may be nested. */
export const manifestNodesMax = 20_000;
export const manifestDepthMax = 32;
export const archiveEntriesMax = 10_000;
/** Longest path of an entry, in characters; a few hundred below what the usual file systems take. */
export const archivePathLengthMax = 1_024;
/** Files of a template that look like secrets, as one answer and one log name them; the rest is seen when these are gone. */
export const templateWarningsMax = 50;
/** Values of Terraform variables that one push gives, with those that it takes over. */
export const templateVariablesMax = 100;
export const templateVariableNameLengthMax = 64;
/** Characters of one value. */
export const templateVariableLengthMax = 65_536;
/** Of all values together: each job of the version carries them. */
export const templateVariablesLengthMax = 1_048_576;
/** Of a version's files, as one answer lists them. */
export const versionFilesListedMax = 2_000;
/** Of one file's text, as one answer has it. */
export const fileTextBytesMax = 262_144;
/** Of all differences of two versions' files, as one answer has them; the files after that are named without theirs. */
export const versionDiffBytesMax = 524_288;
/** Of one value before or after, as the difference of two manifests tells it. */
export const manifestValueLengthMax = 400;

export const pageSizeDefault = 50;
export const pageSizeMax = 500;

/** Jobs that have ended, the newest, that a list looks through; those that wait or run are always in it. */
export const endedJobsLookedMax = 10_000;
/** Claimed or deleted prebuilds of each preset, the newest, that a list looks through. */
export const pastPrebuildsLookedMax = 200;

/** Entries of the audit log that one page looks at, however few of them match. */
export const auditEntriesLookedMax = 10_000;

/** Cost units of one workspace, and of a group's allowance. */
export const costMax = 1_000_000;
export const allowanceMax = 1_000_000_000;
/** People who are added to a group by one request. */
export const groupMembersAddedMax = 100;

export const idempotencyKeyLengthMax = 128;
export const idempotencyKeepMs = 24 * 3_600_000;

/** How long whoever fills in a form waits until a provisioner has evaluated it. */
export const formEvaluationMsMax = 10_000;
/** Evaluations of forms that one server has under way, of everybody and of one person. */
export const formEvaluationsMax = 64;
export const formEvaluationsPerPersonMax = 8;
/** Answers of forms that one server keeps, and for how long: a template may read what changes outside. */
export const formAnswersKeptMax = 500;
export const formAnswerKeptMs = 60_000;
/** Forms that one daemon evaluates at once, beside its jobs. */
export const formsPerDaemonMax = 4;

/** Longest time that a creation may wait for a prebuild (`mode: wait`). */
export const claimWaitMsMax = 600_000;
/** Creations that may wait at once on one server; more are answered 503. */
export const claimWaitersMax = 1_000;
/** The same of one person, who must not keep the others from waiting. */
export const claimWaitersPerPersonMax = 250;
/** Claims that may wait for their turn at the database on one server; more are answered 503. */
export const claimsQueuedMax = 5_000;

/** Shortest and longest TTL, and every other length of time in a template's lifecycle policy. */
export const lifecycleMsMin = 60_000;
export const lifecycleMsMax = 365 * 86_400_000;
export const autostartLengthMax = 256;

export const logBatchLinesMax = 500;
export const logLineLengthMax = 8_192;
export const jobLogLinesMax = 50_000;
export const agentLogLinesMax = 20_000;
/** What is searched for in a log. */
export const logSearchTextLengthMax = 256;
/** Lines and bytes of a log that one search looks through, and how long it goes on; whoever wants more asks again. */
export const logSearchLinesMax = 200_000;
export const logSearchBytesMax = 64 * 1_048_576;
export const logSearchMsMax = 3_000;
/** Searches that go on at once on one server, and of one person. */
export const logSearchesMax = 20;
export const logSearchesPerPersonMax = 4;
/** Of all lines that one search answers, unless the first alone is longer. */
export const logSearchAnswerBytesMax = 1_048_576;
export const providerStateBytesMax = 16 * 1_048_576;
/** Versions of a workspace's provider state that are kept, the newest included. */
export const providerStateVersionsKept = 5;
/** Workspaces that a daemon reports at once for one driver; it sends more in several reports. */
export const reportedResourcesMax = 2_000;
export const resourceDetailLengthMax = 200;

export const execCommandLengthMax = 65_536;
export const execFrameBytesMax = 65_536;
export const execPerAgentMax = 64;
export const agentMessageBytesMax = 1_048_576;
/** What a build tells of one agent, as JSON: it goes to the agent in one answer, with the manifest. */
export const agentSettingsBytesMax = 524_288;

/** A daemon that has not been heard of for so long cannot be counted on. */
export const daemonAliveMs = 60_000;
/** Longest time that a long poll for a job is held open. */
export const leasePollMsMax = 30_000;
/** Event streams on one server, and commands of people in workspaces. */
export const sseConnectionsMax = 2_000;
export const execSessionsMax = 2_000;
/** Streams of people into workspaces, on one server. */
export const tunnelStreamsMax = 8_000;
export const sseHeartbeatMs = 15_000;

/**
 * The live channel of a browser. It counts as an event stream of its person, its address and its server
 * (`sseConnectionsMax`, `http.streams_per_person`, `http.held_per_address`).
 */
export const liveTopicsMax = 64;
export const liveTopicLengthMax = 80;
/** Of a message of the client: all topics that it may name. */
export const liveMessageBytesMax = 8_192;
export const liveMessagesPerSecondMax = 10;
/** News of one topic within this time after a poke make one more, at its end: so none is later than half a second. */
export const livePokeIntervalMs = 400;
/** What a reader has not taken: beyond it he is deaf, and his channel is closed. */
export const liveUnsentBytesMax = 65_536;
export const liveHelloMs = 15_000;
/** Changed workspaces of which one look asks whose they are; of more, everybody is told. */
export const liveWorkspacesLookedMax = 1_000;

/** Workspaces that one request may start, stop or delete. */
export const bulkWorkspacesMax = 500;
/** Of them, how many at a time: as many statements of one caller wait for the database. */
export const bulkAtOnceMax = 4;
/** After it no further one is begun: what is left is said to be. */
export const bulkMsMax = 30_000;
/** Workspaces that the numbers beside a list's filters are counted of. */
export const workspacesCountedMax = 50_000;

export const decisionsKeptPerPreset = 50;
export const poolInstancesMax = 100_000;

export const notificationsMarkedMax = 500;
export const deliveriesRetriedMax = 1_000;
export const webhookUrlLengthMax = 2_048;

/**
 * For so long after a claim that changed what exists, an agent may come with another key, once: its machine may have been
 * made anew, the memory with it, also by a roll-out that goes on after the claim's build.
 */
export const keyOpenAfterClaimMs = 600_000;

/** User ids of the process driver's workspaces: above what `useradd` gives people, below what systemd gives services. */
export const processAccountsDefault = "40000-49999";

/** Secrets of one person, and of one template. */
export const secretsPerHolderMax = 100;
/** Apps and ports of one workspace with whom its owner has said something else than the template. */
export const appSharesPerWorkspaceMax = 100;
export const secretNameLengthMax = 128;
export const secretValueBytesMax = 32_768;
/** Of all secrets of one person or template together, so that no workspace is given more than twice as much. */
export const secretBytesPerHolderMax = 131_072;
/** Accounts at git hosts that one person can link. */
export const gitAccountsPerPersonMax = 20;
export const gitHostLengthMax = 255;
export const gitUsernameLengthMax = 256;
export const gitTokenLengthMax = 4_096;
/** Questions for a git host's token and reports about one, of an agent. */
export const gitAsksPerMinuteMax = 120;
/** Of a person's dotfiles. */
export const gitRepositoryLengthMax = 1_024;
export const gitBranchLengthMax = 200;
export const dotfilesFolderLengthMax = 200;
/** Secrets that a template can declare. */
export const declaredSecretsMax = 50;
/** Templates that one secret can be for, one by one. */
export const secretTemplatesMax = 100;
/** Favourite workspaces of one person. */
export const favouritesMax = 200;
/** Saved views of lists, of one person. */
export const savedViewsMax = 40;
export const savedViewNameLengthMax = 64;
export const savedViewSearchLengthMax = 512;
