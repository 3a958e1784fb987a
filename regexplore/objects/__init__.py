"""What a notebook holds: registries, repositories, images and artifacts, with frames and cards."""
