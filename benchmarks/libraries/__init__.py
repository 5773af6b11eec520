"""The libraries by name, pliant first. A rival is imported only when it is asked to run."""

from problems import Job, Library

from libraries import fused_c, jax, keras, pliant_engine, pytorch, pytorch_compile, sklearn

LIBRARIES: dict[str, Library] = {
    each.NAME: each for each in (pliant_engine, fused_c, jax, pytorch, pytorch_compile, keras, sklearn)
}


def taking_part(job: Job) -> dict[str, Library]:
    """Give the libraries that are installed, and can do the job if they cannot do every one."""
    return {
        name: library
        for name, library in LIBRARIES.items()
        if library.available() is None and getattr(library, "suits", lambda job: True)(job)
    }
