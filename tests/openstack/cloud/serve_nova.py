"""Nova in one process: conductor, scheduler and compute beside the API, which reach each other in memory. serve_nova.py PORT."""

import os
import sys

port = int(sys.argv[1])
sys.argv[1:] = []
# Before anything of Nova is imported: its services are to run on native threads.
os.environ["OS_NOVA_DISABLE_EVENTLET_PATCHING"] = "1"

from nova import monkey_patch  # noqa: E402

monkey_patch.patch(backend="threading")

import os_vif  # noqa: E402
import waitress  # noqa: E402
from nova import objects, service  # noqa: E402
from nova.api.openstack import wsgi_app  # noqa: E402
from nova.compute import rpcapi as compute  # noqa: E402
from nova.conductor import rpcapi as conductor  # noqa: E402
from nova.scheduler import rpcapi as scheduler  # noqa: E402

application = wsgi_app.init_application("osapi_compute", "nova-api")
objects.register_all()
os_vif.initialize()
HOST = "fakehost"
service.Service.create(binary="nova-conductor", topic=conductor.RPC_TOPIC, host=HOST).start()
service.Service.create(binary="nova-scheduler", topic=scheduler.RPC_TOPIC, host=HOST).start()
service.Service.create(binary="nova-compute", topic=compute.RPC_TOPIC, topic_alt=compute.RPC_TOPIC_ALT, host=HOST).start()
waitress.serve(application, host="127.0.0.1", port=port, threads=8)
