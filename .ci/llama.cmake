# What seedbound needs of llama.cpp is libllama alone. The Python package forces the "common" library (argument parsing,
# downloads, HTTP server) into its build through the cache; a plain variable set here, before that, takes precedence (CMP0126).
set(LLAMA_BUILD_COMMON OFF)
