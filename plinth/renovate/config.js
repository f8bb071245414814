// Renovate over all repositories of a team, run from a clone of the template; plinth/README.md says how.
// https://docs.renovatebot.com/self-hosted-configuration/

// The newest release that every repository may have. Without one, only the canaries get updates, and get any release.
const approved = process.env.PLINTH_APPROVED;

module.exports = {
  // Which repositories: those that bear a topic, whether or not they hold a configuration of their own.
  autodiscover: true,
  autodiscoverTopics: [approved ? 'plinth' : 'plinth-canary'],
  onboarding: false,
  requireConfig: 'optional',
  // Gitea and Forgejo would look for it in a folder of their own name.
  configFileNames: ['.github/renovate.json', '.gitlab/renovate.json'],

  // How many: branches in one run, over all repositories together; pull requests open at once in each, however soon
  // after one another: by itself Renovate opens two an hour, too few for a repository of several projects.
  prCommitsPerRunLimit: 100,
  prConcurrentLimit: 5,
  prHourlyLimit: 0,
  schedule: approved ? ['* 0-5 * * 1'] : ['at any time'],
  timezone: 'Etc/UTC',

  // What a repository's last run found is read again only when the repository has changed.
  repositoryCache: 'enabled',

  // Renovate runs no code of a repository or of a template: no release of this template needs --trust.
  allowScripts: false,
  allowedCommands: [],
  allowedUnsafeExecutions: [],

  // One branch and one pull request for each project, which a newer release updates.
  copier: {
    enabled: true,
    branchTopic: 'plinth{{#if packageFileDir}}-{{{packageFileDir}}}{{/if}}',
    commitMessageTopic: 'Plinth{{#if packageFileDir}} in {{{packageFileDir}}}{{/if}}',
    separateMajorMinor: false,
    prBodyNotes: [
      'Where a file was changed on both sides it has conflict markers, and the check of them fails: resolve them on this branch.',
    ],
  },

  // Renews a project's lock by the command in its first lines, for which the bot's machine needs uv.
  'pip-compile': require('../../includes/renovate.json')['pip-compile'],

  // The one-owner rule for pins that projects bring, for those that hold several projects or no configuration.
  packageRules: [
    ...require('../../includes/renovate.json').packageRules,
    ...(approved ? [{ matchManagers: ['copier'], allowedVersions: `<=${approved}` }] : []),
  ],
};
