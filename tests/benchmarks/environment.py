"""One thread for everybody. Import it before NumPy: BLAS and XLA read this once, when loaded."""

import os

ONE_THREAD = {
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "NPROC": "1",  # XLA has no documented switch for the size of its pool on a CPU, and reads this
    "XLA_FLAGS": "--xla_cpu_multi_thread_eigen=false",
    "JAX_PLATFORMS": "cpu",
}
os.environ.update(ONE_THREAD)
