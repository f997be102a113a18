"""What OpenStack's own client makes of an end point: check_fake.py URL. Every answer has to pass the client's reading, then its values are compared."""

import base64
import sys

import openstack
from openstack import exceptions

url = sys.argv[1]


def connect(**auth):
    return openstack.connect(
        auth=dict(auth_url=f"{url}/identity/v3", **auth), region_name="RegionOne", compute_api_version="2.67", compute_default_microversion="2.67"
    )


def as_user(name, password=None):
    domain = dict(user_domain_name="Default", project_domain_name="Default")
    return connect(username=name, password=password or name, project_name=name, **domain)


def refused(kind, work):
    try:
        work()
    except kind as error:
        return str(error)
    raise AssertionError(f"{kind.__name__} is expected")


def faults(**which):
    assert cloud.session.put(f"{url}/fake/faults", json=which, raise_exc=True).ok


cloud = as_user("garm")
admin = as_user("admin")
refused(exceptions.SDKException, lambda: as_user("garm", "wrong").authorize())
credential = openstack.connect(
    auth_type="v3applicationcredential",
    auth=dict(auth_url=f"{url}/identity/v3", application_credential_id="runners", application_credential_secret="planted-application-secret"),
    region_name="RegionOne",
)
assert credential.current_project_id == cloud.current_project_id

# What is looked up, by id and by name.
flavor = cloud.compute.find_flavor("m1.tiny", ignore_missing=False)
assert (flavor.id, flavor.ram, flavor.vcpus) == ("1", 512, 1) and cloud.compute.get_flavor("1").name == "m1.tiny"
assert [known.name for known in cloud.compute.flavors()] == ["m1.tiny", "m1.huge"]
assert cloud.compute.find_flavor("nope") is None
image = cloud.image.find_image("debian-12", ignore_missing=False)
assert (image.visibility, image.status, image.os_distro, image.os_version) == ("public", "active", "debian", "12")
assert cloud.image.get_image(image.id).name == "debian-12"
assert len(list(cloud.image.images(name="twin", visibility="public"))) == 2
refused(exceptions.NotFoundException, lambda: cloud.image.get_image("nope"))
network = cloud.network.find_network("testnet", ignore_missing=False)
assert cloud.network.get_network(network.id).name == "testnet"
refused(exceptions.DuplicateResource, lambda: cloud.network.find_network("twin"))
refused(exceptions.NotFoundException, lambda: cloud.network.get_network("nope"))
assert cloud.network.find_security_group("default", ignore_missing=False).name == "default"
assert list(cloud.compute.keypairs()) == []

# The life of a server.
faults(build_ms=300, delete_ms=300)
data = base64.b64encode(b"#!/bin/sh\n").decode()
wanted = dict(
    name="garm-1", flavor_id=flavor.id, image_id=image.id, networks=[{"uuid": network.id}], security_groups=[{"name": "default"}],
    user_data=data, config_drive=True, metadata={"os_type": "linux"}, tags=["garm-controller-id=c", "garm-pool-id=p"], availability_zone="nova",
)
made = cloud.compute.create_server(**wanted)
assert cloud.compute.get_server(made.id).status == "BUILD"
server = cloud.compute.wait_for_server(made, interval=0.1, wait=10)
assert (server.status, server.name, server.metadata, server.task_state) == ("ACTIVE", "garm-1", {"os_type": "linux"}, None)
assert server.tags == wanted["tags"] and server.flavor.original_name == "m1.tiny" and server.image.id == image.id
assert server.addresses["testnet"][0]["OS-EXT-IPS:type"] == "fixed" and server.has_config_drive
assert cloud.compute.get_server(made.id).user_data is None and admin.compute.get_server(made.id).user_data == data
assert [one.id for one in cloud.compute.servers(tags="garm-controller-id=c")] == [made.id]
assert [one.id for one in cloud.compute.servers(tags="garm-controller-id=c,garm-pool-id=p", name="^garm.1$")] == [made.id]
assert not list(cloud.compute.servers(tags="garm-controller-id=other")) and not list(cloud.compute.servers(name="^garm$"))
assert cloud.compute.find_server("garm-1").id == made.id
assert not list(admin.compute.servers()) and len(list(admin.compute.servers(all_projects=True))) == 1
assert cloud.compute.get_limits().absolute.instances_used == 1
refused(exceptions.ConflictException, lambda: cloud.compute.start_server(made))
cloud.compute.stop_server(made)
cloud.compute.wait_for_server(made, status="SHUTOFF", interval=0.1, wait=10)
refused(exceptions.ConflictException, lambda: cloud.compute.stop_server(made))
cloud.compute.start_server(made)
cloud.compute.wait_for_server(made, interval=0.1, wait=10)
cloud.compute.delete_server(made)
assert cloud.compute.get_server(made.id).task_state == "deleting"
cloud.compute.wait_for_delete(made, interval=0.1, wait=10)
refused(exceptions.NotFoundException, lambda: cloud.compute.get_server(made.id))

# Several pages, and the forced end of all.
faults(page=2, build_ms=0, delete_ms=0)
for number in range(5):
    cloud.compute.create_server(**{**wanted, "name": f"garm-{number}"})
assert [one.name for one in cloud.compute.servers()] == [f"garm-{number}" for number in reversed(range(5))]
for one in list(cloud.compute.servers()):
    cloud.compute.delete_server(one, force=True)
assert not list(cloud.compute.servers())

# Refusals and failures.
assert "Flavor" in refused(exceptions.BadRequestException, lambda: cloud.compute.create_server(**{**wanted, "flavor_id": "9"}))
assert "image" in refused(exceptions.BadRequestException, lambda: cloud.compute.create_server(**{**wanted, "image_id": "9"}))
assert "Network" in refused(exceptions.BadRequestException, lambda: cloud.compute.create_server(**{**wanted, "networks": [{"uuid": "9"}]}))
faults(quota=0)
assert "Quota exceeded for instances" in refused(exceptions.ForbiddenException, lambda: cloud.compute.create_server(**wanted))
faults(build_error="No valid host was found.", build_ms=0)
broken = cloud.compute.create_server(**wanted)
refused(exceptions.ResourceFailure, lambda: cloud.compute.wait_for_server(broken, interval=0.1, wait=10))
assert cloud.compute.get_server(broken.id).fault["message"] == "No valid host was found."
faults(expire_tokens=True)
assert cloud.compute.get_server(broken.id).status == "ERROR", "the client signs in again"
faults(unavailable=1)
refused(exceptions.HttpException, lambda: cloud.compute.get_server(broken.id))
cloud.compute.delete_server(broken, force=True)
print("the client agrees with the fake")
