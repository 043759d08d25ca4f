-- Of the build that made a workspace cold: why no prebuild served it. The outcomes of creations go after a while; this
-- stays as long as the build. A server of the release before neither writes nor asks for it.
alter table builds
  add column miss_reason text;
