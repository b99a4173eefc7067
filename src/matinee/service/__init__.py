"""REST and one page, thin over the engine, and the server that carries them."""
