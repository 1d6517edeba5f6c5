"""Open files: a thousand clients take a thousand of them, in the server as well."""

import resource

SPARE = 100  # for everything that is not a client


def allow_sockets(count: int) -> None:
    """Raise this process's limit as far as needed. Ends the program where that is not allowed."""
    needed = count + SPARE
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != resource.RLIM_INFINITY and soft < needed:
        if hard != resource.RLIM_INFINITY and hard < needed:
            raise SystemExit(
                f"{count:,} clients need {needed:,} open files in one process, and this shell"
                f" allows at most {hard:,}; raise `ulimit -Hn`, or ask for fewer clients"
            )
        resource.setrlimit(resource.RLIMIT_NOFILE, (needed, hard))
