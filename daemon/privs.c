// SPDX-License-Identifier: BSD-2-Clause
/* Becoming an ordinary user without capabilities. */
#include "privs.h"

#include <cap-ng.h>
#include <errno.h>
#include <nss.h>
#include <pwd.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

static int change_user(const char *name, struct tlml_error *e)
{
	const struct passwd *pw;
	int err;

	errno = 0;
	pw = getpwnam(name);
	if (!pw)
		return tlml_error_set(e, errno ? errno : ENOENT,
				      "there is no user '%s': make it, or name another by --user",
				      name);
	err = capng_change_id(pw->pw_uid, pw->pw_gid, CAPNG_INIT_SUPP_GRP);
	if (err)
		return tlml_error_set(e, EPERM, "cannot become user '%s' (libcap-ng: %d)", name, err);
	return 0;
}

int tlml_privs_drop(const char *user, struct tlml_error *e)
{
	int may, err = 0;

	capng_get_caps_process();
	may = capng_have_capability(CAPNG_EFFECTIVE, CAP_SETPCAP);
	capng_clear(CAPNG_SELECT_ALL);
	if (may)		/* else no_new_privs has to say it alone */
		capng_apply(CAPNG_SELECT_BOUNDS);
	if (user && !geteuid())
		err = change_user(user, e);
	if (err)
		return err;
	if (capng_apply(CAPNG_SELECT_CAPS))
		return tlml_error_set(e, EPERM, "cannot give up capabilities: %s", strerror(errno));
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		return tlml_error_set(e, errno, "cannot set no_new_privs: %s", strerror(errno));
	return 0;
}

int tlml_privs_names(struct tlml_error *e)
{
	if (__nss_configure_lookup("hosts", "files dns"))
		return tlml_error_set(e, errno, "cannot say where names come from: %s",
				      strerror(errno));
	return 0;
}
