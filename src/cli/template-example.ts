/** What `prewarm templates init` writes: a template that works as it stands, and explains itself. */
export const templateExample = `# A template: what a workspace is made from, and which ones to keep ready.
# Publish it with \`prewarm templates push FOLDER\`; the folder's other files travel with it.

name: example
display_name: Example
description: A folder and a shell, ready before anybody asks.

# What makes the workspace. "process": a folder and an agent on the provisioner's own machine;
# it needs nothing installed and separates nobody from anybody, so use it for trying out.
driver: process

# Inputs. One without a default is required. Types: string, number, bool, list.
parameters:
  - name: size
    description: How much to prepare.
    default: small
    options:
      - value: small
      - value: large
  - name: greeting
    description: Said in the claim hook.
    default: hello
    # May change after the workspace was created.
    mutable: true

# Named sets of parameter values. One with \`prebuilds\` has a pool of ready workspaces.
presets:
  - name: small
    default: true
    parameters:
      size: small
    prebuilds:
      # How many unclaimed ones to keep.
      instances: 1
      # Replace one that nobody has claimed for a day. Seconds; at least 3600, 0 for never.
      expiration_policy:
        ttl: 86400
      # More of them in working hours. A cron is a range of time: * HOUR DAY-OF-MONTH MONTH WEEKDAY.
      scheduling:
        timezone: UTC
        schedule:
          - cron: "* 8-17 * * 1-5"
            instances: 2
  - name: large
    parameters:
      size: large

# What runs in the workspace. Its hooks are shell scripts; a timeout is in seconds.
agents:
  - name: main
    env:
      EDITOR: vi
    hooks:
      # Once, before anybody is known: the slow part. The workspace is ready when this has ended well.
      prewarm:
        timeout: 300
        run: |
          echo "preparing"
          mkdir -p project
      # At each start, before the workspace is ready.
      start:
        run: |
          date > project/started
      # When somebody gets it: quick, and with the owner's name in the environment.
      claim:
        timeout: 30
        run: |
          echo "$PREWARM_PARAMETER_GREETING $PREWARM_OWNER"
      # Before each stop, which waits for it.
      stop:
        timeout: 10
        run: |
          date > project/stopped

# When its workspaces stop, and what happens to those that nobody uses. See also \`prewarm schedule --help\`.
lifecycle:
  default_ttl: 8h

# How a new version takes over the pools: "replace" at once, or "surge" one by one.
rollout:
  strategy: replace
`;
