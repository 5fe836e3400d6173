//! A Kubernetes cluster as fluxlift sees it: client, server-side apply, observation streams and gates on objects
